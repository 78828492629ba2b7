/**
 * A command of one's own, made with the same constructor as the server's: it is in COMMAND, takes part in MULTI, is
 * checked for its arity, and is replicated as what it does. This one takes tokens from a bucket that fills again.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Atomic, Client, Command, CommandError, Embedded, Reply, Spec, Store } from "go-redis"

const Take = Command.make("BUCKET.TAKE", {
  summary: "Takes tokens from a bucket; answers how many are left, or nil when there are too few.",
  since: "1.0.0",
  group: "module",
  complexity: "O(1)",
  arity: 4,
  flags: ["write", "denyoom", "fast"],
  keys: [Spec.keysAt(1, ["RW", "access", "update"])],
  arguments: [Spec.key(), Spec.integer("size"), Spec.integer("tokens")]
})

const group = Command.group(Take)

const MILLIS_PER_TOKEN = 1000
const badSize = CommandError.make("ERR a bucket holds at least one token")

/** Adds the command to the server on which it is built. */
export const commands = group.toLayer(Effect.gen(function*() {
  const { state } = yield* Store
  const { inside } = yield* Atomic
  return group.of({
    "BUCKET.TAKE": Command.program((request) => {
      const size = request.integerIn(2, 1, 1_000_000, badSize)
      const wanted = request.integerIn(3, 0, 1_000_000)
      return inside(request, (call) => {
        const bucket = call("HMGET", request.bytes(1), "left", "at") as readonly [string | null, string | null]
        const had = bucket[0] === null ? size : Number(bucket[0])
        const filled = Math.min(size, had + (state.now - Number(bucket[1] ?? state.now)) / MILLIS_PER_TOKEN)
        if (filled < wanted) return Reply.nil
        call("HSET", request.bytes(1), "left", filled - wanted, "at", state.now)
        call("PEXPIRE", request.bytes(1), size * MILLIS_PER_TOKEN)
        return Reply.integer(Math.floor(filled - wanted))
      })
    })
  })
}))

/** Takes from a bucket of five until it is empty. */
export const program = Effect.gen(function*() {
  const redis = yield* Client
  const taken: Array<unknown> = []
  for (let count = 0; count < 3; count++) taken.push(yield* redis.command("BUCKET.TAKE", "ada", 5, 2))
  return taken
}).pipe(Effect.provide(commands.pipe(Layer.provideMerge(Embedded.layer()))))

if (import.meta.main) process.stdout.write(`${JSON.stringify(await Effect.runPromise(program))}\n`)
