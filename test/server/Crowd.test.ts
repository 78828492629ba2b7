/** A thousand clients that wait for one stream, and the ways in which they stop waiting. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { readFileSync } from "node:fs"
import { type Arg, connect, type RawClient, render } from "../support/RawClient.ts"
import { startOurs } from "../support/ServerProcess.ts"

const CROWD = 1000
/** So many leave without a word, as many are killed, and as many wait until their time is over. */
const LOSS = 100

const show = (client: RawClient, ...args: ReadonlyArray<Arg>) =>
  Effect.map(client.command(...args), ({ value }) => render(value))

const figure = (client: RawClient, section: string, name: string) =>
  Effect.map(show(client, "INFO", section), (text) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]))

const until = (condition: Effect.Effect<boolean, unknown>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(5)
  })

const fibers = (admin: RawClient) =>
  Effect.map(show(admin, "FIBER", "LIST"), (text) => (text.match(/id=\d+ type=[\w-]+/g) ?? []).length)

/** A crowd that waits, and those that are left of it when the others have gone. */
const decimated = (admin: RawClient, port: number, wait: (client: number, timeout: number) => ReadonlyArray<Arg>) =>
  Effect.gen(function*() {
    const crowd = yield* Effect.forEach(Array.from({ length: CROWD }), () => connect(port), { concurrency: 50 })
    const ids = yield* Effect.forEach(crowd, (client) => show(client, "CLIENT", "ID"), { concurrency: 50 })
    const [leaving, killed, late] = [crowd.slice(0, LOSS), crowd.slice(LOSS, 2 * LOSS), crowd.slice(2 * LOSS, 3 * LOSS)]
    const patient = crowd.filter((client) => !late.includes(client))
    for (const client of patient) client.send(...wait(crowd.indexOf(client), 0))
    yield* until(Effect.map(figure(admin, "clients", "blocked_clients"), (blocked) => blocked === patient.length))
    for (const client of late) client.send(...wait(crowd.indexOf(client), 100))

    leaving.forEach((client, at) => at % 2 === 0 ? client.close() : client.socket.resetAndDestroy())
    for (const id of ids.slice(LOSS, 2 * LOSS)) {
      assert.strictEqual(yield* show(admin, "CLIENT", "KILL", "ID", id.replace("(integer) ", "")), "(integer) 1")
    }
    for (const client of killed) yield* client.untilClosed
    for (const client of late) assert.strictEqual(render((yield* client.take(1))[0]?.value ?? assert.fail()), "(nil)")
    for (const client of late) client.close()
    const left = crowd.slice(3 * LOSS)
    yield* until(Effect.map(figure(admin, "clients", "connected_clients"), (count) => count === left.length + 1))
    assert.strictEqual(yield* figure(admin, "clients", "blocked_clients"), left.length)
    return left
  })

/** Takes replies and waits again, until `enough`; returns the ids of the entries. */
const reads = (client: RawClient, again: (last: string) => ReadonlyArray<Arg> | undefined) =>
  Effect.gen(function*() {
    const ids: Array<string> = []
    while (true) {
      const reply = render((yield* client.take(1))[0]?.value ?? assert.fail())
      for (const [, id] of reply.matchAll(/"(\d+-\d+)"/g)) ids.push(id ?? "")
      const next = again(ids.at(-1) ?? "")
      if (next === undefined) return ids
      client.send(...next)
    }
  })

const nobodyIsLeft = (admin: RawClient, before: number) =>
  Effect.gen(function*() {
    yield* until(Effect.map(figure(admin, "clients", "connected_clients"), (count) => count === 1))
    assert.strictEqual(yield* figure(admin, "clients", "blocked_clients"), 0)
    assert.strictEqual(yield* show(admin, "FIBER", "WAITERS", "s"), "(empty array)")
    assert.strictEqual(yield* fibers(admin), before)
  })

describe("of a thousand clients that wait for one stream", () => {
  it.live("each that stays gets every entry, in order", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const admin = yield* connect(port)
      const before = yield* fibers(admin)
      const entries = Array.from({ length: 20 }, (_, n) => `${n + 1}-1`)
      yield* Effect.scoped(Effect.gen(function*() {
        const left = yield* decimated(admin, port, (_, timeout) => ["XREAD", "BLOCK", timeout, "STREAMS", "s", "$"])
        const reading = yield* Effect.forEach(left, (client) =>
          reads(client, (last) => last === "20-1" ? undefined : ["XREAD", "BLOCK", 0, "STREAMS", "s", last]), {
          concurrency: "unbounded"
        }).pipe(Effect.forkScoped({ startImmediately: true }))
        for (const id of entries) {
          assert.strictEqual(yield* show(admin, "XADD", "s", id, "f", "v"), `"${id}"`)
        }
        const seen = yield* Fiber.join(reading)
        for (const ids of seen) {
          assert.deepStrictEqual(ids, entries)
        }
      }))
      yield* nobodyIsLeft(admin, before)
    }))

  it.live("those that stay share the entries of their group, each of which one client gets, once", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const admin = yield* connect(port)
      const before = yield* fibers(admin)
      const total = 3000
      assert.strictEqual(yield* show(admin, "XGROUP", "CREATE", "s", "g", "$", "MKSTREAM"), "OK")
      const wait = (client: number, timeout: number) =>
        ["XREADGROUP", "GROUP", "g", `c${client}`, "COUNT", 1, "BLOCK", timeout, "STREAMS", "s", ">"] as const
      yield* Effect.scoped(Effect.gen(function*() {
        const left = yield* decimated(admin, port, wait)
        const seen: Array<string> = []
        for (const [at, client] of left.entries()) {
          yield* Effect.forkScoped(Effect.ignore(reads(client, (last) => {
            seen.push(last)
            return wait(at + 3 * LOSS, 0)
          })))
        }
        const added: Array<string> = []
        for (let n = 1; n <= total; n++) {
          added.push(`${n}-1`)
          admin.send("XADD", "s", `${n}-1`, "f", "v")
        }
        yield* admin.take(total)
        yield* until(Effect.sync(() => seen.length >= total))
        assert.deepStrictEqual(seen.sort(), added.sort())
        assert.match(yield* show(admin, "XPENDING", "s", "g"), new RegExp(`^1\\) \\(integer\\) ${total}\\n`))
        assert.strictEqual(yield* figure(admin, "clients", "blocked_clients"), left.length)
      }))
      yield* nobodyIsLeft(admin, before)
    }))
})

describe("clients that wait", () => {
  it.live.skipIf(process.platform !== "linux")("cost no time of the processor", () =>
    Effect.gen(function*() {
      const { pid, port } = yield* startOurs()
      const admin = yield* connect(port)
      const crowd = yield* Effect.forEach(Array.from({ length: CROWD }), () => connect(port), { concurrency: 50 })
      for (const client of crowd) client.send("XREAD", "BLOCK", 0, "STREAMS", "s", "$")
      yield* until(Effect.map(figure(admin, "clients", "blocked_clients"), (blocked) => blocked === CROWD))
      /** Clock ticks of a hundredth of a second, in the program and in the kernel for it. */
      const used = () => {
        const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")
          .split(" ")
        return Number(user) + Number(system)
      }
      // What connecting has left to do, such as collecting garbage, ends before long
      yield* Effect.gen(function*() {
        const start = used()
        yield* Effect.sleep(500)
        return used() - start
      }).pipe(Effect.repeat({ until: (ticks) => ticks <= 2 }))
    }))
})
