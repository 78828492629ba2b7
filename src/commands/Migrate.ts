/**
 * MIGRATE: hands keys over to another server. Writes wait meanwhile, as they do while redis-server blocks: a key is here
 * or there, and what is there is what was here.
 */
import * as Effect from "effect/Effect"
import { blocking, ClientRegistry } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import { block, integer, key, keysAfter, keysAt, oneOf, optional, string, token } from "../command/Spec.ts"
import { Config } from "../config/Config.ts"
import * as Tls from "../config/Tls.ts"
import * as Payload from "../persistence/Payload.ts"
import { RdbOutput } from "../persistence/RdbOutput.ts"
import * as RemoteServer from "../persistence/RemoteServer.ts"
import * as Reply from "../resp/Reply.ts"
import type { ReplyValue } from "../resp/ReplyParser.ts"
import type { Database } from "../store/Database.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"

const Migrate = Command.make("MIGRATE", {
  summary: "Hands keys over to another server.",
  returns: Returns.text,
  since: "2.6.0",
  group: "generic",
  complexity: "That of DUMP and DEL here and of RESTORE there, and O(N) for the N bytes between them.",
  arity: -6,
  flags: ["write"],
  categories: ["keyspace", "dangerous"],
  keys: [
    keysAt(3, ["RW", "access", "delete"]),
    keysAfter("KEYS", -2, ["RW", "access", "delete", "incomplete"], { lastKey: -1 })
  ],
  getKeys: (request) => {
    const { names } = parse(request)
    return names.map((index) => ({ index, flags: ["RW", "access", "delete"] }))
  },
  arguments: [
    string("host"),
    integer("port"),
    oneOf("key_or_empty_string", [key(), token("", { name: "empty_string" })]),
    integer("destination-db"),
    integer("timeout"),
    token("COPY", { since: "3.0.0", ...optional }),
    token("REPLACE", { since: "3.0.0", ...optional }),
    oneOf(
      "authentication",
      [
        string("password", { token: "AUTH", since: "4.0.7", ...optional }),
        block("username_password", [string("username"), string("password")], {
          token: "AUTH2",
          since: "6.0.0",
          ...optional
        })
      ],
      optional
    ),
    key("key", 1, { token: "KEYS", since: "3.0.6", optional: true, multiple: true })
  ],
  tips: ["nondeterministic_output"],
  history: [
    ["3.0.0", "Takes `COPY` and `REPLACE`."],
    ["3.0.6", "Takes `KEYS`."],
    ["4.0.7", "Takes `AUTH`."],
    ["6.0.0", "Takes `AUTH2`."]
  ]
})

export const group = Command.group(Migrate)

const DEFAULT_TIMEOUT = 1000

const keysTwice = CommandError.make(
  "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
)
const inTransaction = CommandError.make(
  "ERR MIGRATE has to wait for another server and cannot be part of a transaction"
)
const noKey = Reply.simple("NOKEY")

const ioErrors = {
  connecting: CommandError.make("IOERR error or timeout connecting to the client"),
  writing: CommandError.make("IOERR error or timeout writing to target instance"),
  reading: CommandError.make("IOERR error or timeout reading to target instance")
}

interface Options {
  readonly copies: boolean
  readonly replaces: boolean
  /** The arguments of AUTH, none where it is not needed. */
  readonly credentials: ReadonlyArray<Uint8Array>
  /** Where the keys stand. */
  readonly names: ReadonlyArray<number>
}

const parse = (request: Request): Options => {
  let copies = false
  let replaces = false
  let credentials: ReadonlyArray<Uint8Array> = []
  let names: ReadonlyArray<number> = [3]
  for (let i = 6; i < request.count; i++) {
    const more = request.count - 1 - i
    if (request.is(i, "COPY")) copies = true
    else if (request.is(i, "REPLACE")) replaces = true
    else if (request.is(i, "AUTH") && more >= 1) credentials = [request.bytes(++i)]
    else if (request.is(i, "AUTH2") && more >= 2) credentials = [request.bytes(++i), request.bytes(++i)]
    else if (request.is(i, "KEYS")) {
      if (request.length(3) !== 0) throw keysTwice
      names = Array.from({ length: more }, (_, at) => i + 1 + at)
      break
    } else throw CommandError.syntax
  }
  return { copies, replaces, credentials, names }
}

export const layer = group.toLayer(Effect.gen(function*() {
  const store = yield* Store
  const { values } = yield* Config
  const registry = yield* ClientRegistry
  const out = new RdbOutput({ compress: () => values.rdbcompression })
  const { state } = store

  /** RESTORE for each key that is there, with the key. */
  const restores = (request: Request, db: Database, { names, replaces }: Options) => {
    const commands: Array<{ readonly key: Uint8Array; readonly command: ReadonlyArray<Uint8Array | string> }> = []
    for (const name of names) {
      const ref = db.read(request.buffer(name), request.start(name), request.end(name))
      if (ref === 0) continue
      const key = request.bytes(name)
      const time = db.expireTime(ref)
      const ttl = time === -1 ? 0 : Math.max(1, time - state.now)
      const command = ["RESTORE", key, String(ttl), Payload.dump(out, db, ref)]
      commands.push({ key, command: replaces ? [...command, "REPLACE"] : command })
    }
    return commands
  }

  const deleteKey = (db: Database, key: Uint8Array): boolean => {
    const ref = db.write(key, 0, key.length)
    if (ref === 0) return false
    db.delete(ref, false)
    db.changed(key, 0, key.length, KeyEventClass.generic, "del")
    return true
  }

  /** Lets no writes in while the effect runs. */
  const alone = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.ensuring(
      Effect.andThen(registry.pause("migrate", Number.MAX_SAFE_INTEGER, true), effect),
      registry.unpause("migrate")
    )

  const encryption = Effect.suspend(() =>
    values["tls-cluster"]
      ? Effect.mapError(Tls.connecting(values), () => new RemoteServer.RemoteError({ during: "connecting" }))
      : Effect.succeed(undefined)
  )

  return group.of({
    MIGRATE: (request) =>
      Command.attempt(() => {
        const options = parse(request)
        const timeout = request.integerIn(5, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
        const target = request.integerIn(4, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
        const db = store.database(request.session.db)
        const sent = restores(request, db, options)
        if (sent.length === 0) return Effect.succeed(noKey)
        if (request.session.denyBlocking) throw inTransaction
        const greeting: Array<ReadonlyArray<Uint8Array | string>> = [["SELECT", String(target)]]
        if (options.credentials.length > 0) greeting.unshift(["AUTH", ...options.credentials])
        const address = {
          host: request.text(1),
          port: Number.parseInt(request.latin1(2), 10) || 0,
          timeout: timeout <= 0 ? DEFAULT_TIMEOUT : timeout
        }
        const commands = [...greeting, ...sent.map(({ command }) => command)]
        const exchange = Effect.flatMap(encryption, (tls) => RemoteServer.pipeline({ ...address, tls }, commands))
        return blocking(request.session, { unblock: undefined }, alone(exchange)).pipe(
          Effect.mapError(({ during }) => ioErrors[during]),
          Effect.flatMap((replies) =>
            Command.sync(() => {
              const refusal = replies.slice(0, greeting.length).find(isError)
              const accepted = sent.filter((_, index) => {
                const reply = replies[greeting.length + index]
                return refusal === undefined && reply !== undefined && !isError(reply)
              })
              const gone = options.copies ? [] : accepted.filter(({ key }) => deleteKey(db, key))
              if (gone.length > 0) request.propagateAs(["DEL", ...gone.map(({ key }) => key)])
              else request.propagateNothing()
              const error = refusal ?? replies.find(isError)
              if (error === undefined) return Reply.ok
              throw CommandError.make(`ERR Target instance replied with error: ${error.text}`)
            })
          )
        )
      })
  })
}))

const isError = (reply: ReplyValue): reply is Extract<ReplyValue, { readonly _tag: "Error" }> => reply._tag === "Error"
