import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommandTable } from "../../src/command/CommandTable.ts"
import { Store } from "../../src/store/Store.ts"
import { elements, text } from "../differential/Grammar.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { sameAnswers } from "../support/SameAnswers.ts"
import { sameEffects } from "../support/SameEffects.ts"

const range = (from: number, to: number, prefix = ""): Array<string> =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`)

const members = Effect.fnUntraced(function*(client: InProcess.InProcess, key: string) {
  return elements(yield* client.command("SMEMBERS", key)).map(text)
})

describe("SSCAN", () => {
  it.effect("sees everything that stays, while the set is converted, grows and shrinks", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const walk = Effect.fnUntraced(function*(between: (call: number) => Effect.Effect<unknown>) {
        const seen = new Set<string>()
        let cursor = "0"
        let calls = 0
        do {
          const [next, items] = elements(yield* client.command("SSCAN", "s", cursor, "COUNT", 9))
          for (const item of elements(items)) seen.add(text(item))
          cursor = text(next)
          yield* between(calls++)
        } while (cursor !== "0")
        return { seen, calls }
      })
      yield* client.command("SADD", "s", ...range(0, 500))
      // An intset is seen whole, whatever it becomes meanwhile.
      const first = yield* walk(() => client.command("SADD", "s", "no integer"))
      assert.strictEqual(first.calls, 1)
      assert.strictEqual(first.seen.size, 500)
      const growing = yield* walk((call) =>
        call < 30 ? client.command("SADD", "s", ...range(call * 300, call * 300 + 300, "m")) : Effect.void
      )
      for (const member of range(0, 500)) assert.isTrue(growing.seen.has(member), member)
      const shrinking = yield* walk((call) =>
        client.command("SREM", "s", "x", ...range(call * 90, call * 90 + 90, "m"))
      )
      for (const member of range(0, 500)) assert.isTrue(shrinking.seen.has(member), member)
    }).pipe(Effect.provide(commands())))
})

describe("set operations", () => {
  it.effect("give integers in order, be they from a hash table, as a set of their own would", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      yield* client.command("SADD", "a", "x", ...range(0, 60).reverse())
      yield* client.command("SADD", "b", "x", ...range(40, 80))
      const difference = elements(yield* client.command("SDIFF", "a", "b")).map(text)
      assert.deepStrictEqual(difference, range(0, 40))
    }).pipe(Effect.provide(commands())))

  it.effect("store the same members as they return, in the encoding that suits them", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const kinds = [
        range(0, 50),
        range(20, 700),
        range(0, 20, "m"),
        range(5, 40, "m"),
        [...range(0, 500, "m"), ...range(30, 600)],
        [...range(0, 2000, "m"), ...range(0, 600)]
      ]
      for (const [at, all] of kinds.entries()) yield* client.command("SADD", `s${at}`, ...all)
      for (const [i, a] of kinds.entries()) {
        for (const [j, b] of kinds.entries()) {
          const expected = {
            SINTER: a.filter((member) => b.includes(member)),
            SDIFF: a.filter((member) => !b.includes(member)),
            SUNION: [...new Set([...a, ...b])]
          }
          for (const [name, all] of Object.entries(expected)) {
            const returned = elements(yield* client.command(name, `s${i}`, `s${j}`)).map(text)
            assert.deepStrictEqual(returned.sort(), [...all].sort())
            yield* client.command(`${name}STORE`, "d", `s${i}`, `s${j}`)
            assert.deepStrictEqual((yield* members(client, "d")).sort(), [...all].sort())
            if (all.length === 0) continue
            const suits = all.length <= 512 && all.every((member) => /^\d+$/.test(member)) ? "intset" : "hashtable"
            assert.strictEqual(text(yield* client.command("OBJECT", "ENCODING", "d")), suits)
          }
        }
      }
    }).pipe(Effect.provide(commands())))
})

describe("SDIFFSTORE", () => {
  it.effect("gives a hash table back that has become empty", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const { arena } = (yield* Store).database(0).space
      const others = [0, 1, 2, 3, 4]
      yield* client.command("SADD", "a", ...range(0, 500, "m"))
      for (const at of others) yield* client.command("SADD", `b${at}`, ...range(at * 100, at * 100 + 100, "m"))
      const { used } = arena
      for (let times = 0; times < 3; times++) {
        const stored = yield* client.show("SDIFFSTORE", "d", "a", ...others.map((at) => `b${at}`))
        assert.match(stored, /0/)
        assert.strictEqual(arena.used, used)
      }
    }).pipe(Effect.provide(commands())))
})

describe("random members", () => {
  const kinds = [["integers", range(0, 20)], ["few", range(0, 20, "m")], ["many", range(0, 600, "m")]] as const

  it.effect("SRANDMEMBER with a count returns different ones, with a negative one any", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      for (const [key, all] of kinds) {
        yield* client.command("SADD", key, ...all)
        assert.include(all, text(yield* client.command("SRANDMEMBER", key)))
        for (const count of [1, 3, all.length >> 1, all.length - 1, all.length, all.length * 2]) {
          const picked = elements(yield* client.command("SRANDMEMBER", key, count)).map(text)
          assert.strictEqual(picked.length, Math.min(count, all.length))
          assert.strictEqual(new Set(picked).size, picked.length)
          for (const member of picked) assert.include(all, member)
          assert.strictEqual(elements(yield* client.command("SRANDMEMBER", key, -count)).length, count)
        }
        assert.strictEqual((yield* members(client, key)).length, all.length)
      }
    }).pipe(Effect.provide(commands())))

  it.effect("SPOP removes what it returns", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      for (const [key, all] of kinds) {
        yield* client.command("SADD", key, ...all)
        const left = new Set<string>(all)
        for (const count of [1, 5, 10, 1, 3]) {
          const popped = elements(yield* client.command("SPOP", key, count)).map(text)
          popped.push(text(yield* client.command("SPOP", key)))
          if (left.size > count) assert.strictEqual(popped.length, count + 1)
          for (const member of popped) if (left.size > 0) assert.isTrue(left.delete(member), member)
          assert.deepStrictEqual((yield* members(client, key)).sort(), [...left].sort())
          if (left.size === 0) break
        }
      }
    }).pipe(Effect.provide(commands())))

  it.effect("SPOP that leaves few members leaves them in the encoding that suits them, with their time to live", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      for (const [key, count, encoding] of [["a", 4, "hashtable"], ["b", 5, "intset"]] as const) {
        yield* client.command("SADD", key, ...range(0, 6), "x")
        yield* client.command("SREM", key, "x")
        yield* client.command("EXPIRE", key, 1000)
        yield* client.command("SPOP", key, count)
        assert.strictEqual(text(yield* client.command("OBJECT", "ENCODING", key)), encoding)
        assert.notMatch(yield* client.show("TTL", key), /-1/)
        assert.strictEqual((yield* members(client, key)).length, 6 - count)
      }
    }).pipe(Effect.provide(commands())))

  it.effect("SPOP is told to replicas as the SREMs of what went, or as DEL", () =>
    Effect.gen(function*() {
      const client = yield* InProcess.make()
      const { session } = client
      const { state } = yield* Store
      const table = yield* CommandTable
      state.propagation.subscribe(() => {})
      yield* client.command("SADD", "s", ...range(0, 10), "m")
      const pop = Effect.fnUntraced(function*(...args: ReadonlyArray<string>) {
        const request = InProcess.requestOf(session, ["SPOP", "s", ...args])
        yield* table.resolve(request)?.handler(request) ?? Effect.void
        session.out.drain()
        return (request.effects ?? []).map((effect) => effect.map((arg) => Buffer.from(arg).toString()))
      })
      const all = yield* members(client, "s")
      const effects = [...yield* pop(), ...yield* pop("3")]
      const left = yield* members(client, "s")
      assert.deepStrictEqual(effects.map(([name, key]) => `${name} ${key}`), Array(4).fill("SREM s"))
      assert.deepStrictEqual([...left, ...effects.map((effect) => effect[2])].sort(), all.sort())
      assert.deepStrictEqual(yield* pop("100"), [["DEL", "s"]])
    }).pipe(Effect.provide(commands())))
})

describeWithRedis("sets", () => {
  it.live("answer as redis-server's do", () =>
    sameAnswers([
      "SET str text",
      "SADD i 3 1 2 1",
      "SADD i 100000 -5 5000000000",
      "OBJECT ENCODING i",
      "SMEMBERS i",
      "SADD one member",
      "OBJECT ENCODING one",
      "SCARD i",
      "SCARD none",
      "SISMEMBER i 3",
      "SISMEMBER i 4",
      "SISMEMBER i text",
      "SISMEMBER none 1",
      "SMISMEMBER i 1 x 2",
      "SMISMEMBER none 1 2",
      "SMEMBERS none",
      "SREM i 1 9 x",
      "SREM none 1",
      "SREM one member again",
      "EXISTS one",
      "SSCAN i 0",
      "SSCAN i 0 MATCH 5*",
      "SSCAN i 0 COUNT 1",
      "SSCAN i 0 COUNT 0",
      "SSCAN i 0 TYPE set",
      "SSCAN i x",
      "SSCAN none 0 BAD",
      "SMOVE i j 3",
      "SMOVE i j 99",
      "SMOVE none j 3",
      "SMOVE j i 3",
      "EXISTS j",
      "SMOVE i i 2",
      "SMOVE i i 99",
      "SMOVE i str 2",
      "SMOVE i str 99",
      "SMOVE str i 99",
      "SMOVE none str 99",
      "SADD a 1 2 3 4",
      "SADD b 3 4 5",
      "SADD c 4 x",
      "SINTER a b",
      "SINTER a b c",
      "SINTER a a",
      "SINTER a none",
      "SINTER none a",
      "SINTER a str",
      "SINTER none str",
      "SINTERCARD 2 a b",
      "SINTERCARD 2 a b LIMIT 1",
      "SINTERCARD 2 a b LIMIT 0",
      "SINTERCARD 2 a b LIMIT 1 LIMIT 9",
      "SINTERCARD 2 a b LIMIT -1",
      "SINTERCARD 2 a b LIMIT x",
      "SINTERCARD 2 a b LIMIT",
      "SINTERCARD 2 a b c",
      "SINTERCARD 3 a b",
      "SINTERCARD 0 a",
      "SINTERCARD -1 a",
      "SINTERCARD x a",
      "SINTERCARD 9223372036854775807 a",
      "SINTERCARD 9223372036854775808 a",
      "SINTERCARD 1 none",
      "SINTERCARD 1 str",
      "SINTERCARD 0 str",
      "SUNION a b",
      "SUNION none",
      "SUNION a str",
      "SDIFF a b",
      "SDIFF a a",
      "SDIFF a none",
      "SDIFF none a",
      "SDIFF a none str",
      "SINTERSTORE d a b",
      "SMEMBERS d",
      "OBJECT ENCODING d",
      "SUNIONSTORE d a c",
      "OBJECT ENCODING d",
      "SCARD d",
      "DEBUG DIGEST-VALUE d",
      "SDIFFSTORE d a b",
      "OBJECT ENCODING d",
      "SDIFFSTORE d d d",
      "EXISTS d",
      "SUNIONSTORE str a b",
      "SMEMBERS str",
      "SET str text",
      "SUNIONSTORE a a b",
      "SMEMBERS a",
      "SINTERSTORE none2 none a",
      "SDIFFSTORE a none",
      "EXISTS a",
      ...["SADD str 1", "SREM str 1", "SCARD str", "SISMEMBER str 1", "SMISMEMBER str 1", "SMEMBERS str", "SPOP str"],
      ...["SPOP str 1", "SRANDMEMBER str", "SRANDMEMBER str 1", "SSCAN str 0", "SSCAN str 0 BAD"],
      "SPOP none",
      "SPOP none 1",
      "SPOP b -1",
      "SPOP b x",
      "SPOP b 1 2",
      "SPOP b 0",
      "SPOP b 99",
      "EXISTS b",
      "SRANDMEMBER none",
      "SRANDMEMBER none 2",
      "SRANDMEMBER c 0",
      "SRANDMEMBER c 1 2",
      "SRANDMEMBER c x",
      "SRANDMEMBER c -9223372036854775808",
      "SRANDMEMBER i 99",
      `SADD ${["big", ...range(0, 512)].join(" ")}`,
      "OBJECT ENCODING big",
      "SADD big 1000",
      "OBJECT ENCODING big",
      "DEBUG DIGEST-VALUE big",
      `SREM ${["big", ...range(0, 510)].join(" ")}`,
      "OBJECT ENCODING big",
      "SCARD big",
      "COPY big copy",
      "DEBUG DIGEST-VALUE copy",
      "OBJECT ENCODING copy",
      "SUNIONSTORE smaller big",
      "OBJECT ENCODING smaller",
      "SADD i text",
      "OBJECT ENCODING i",
      "DEBUG DIGEST-VALUE i",
      "SREM i text",
      "OBJECT ENCODING i"
    ], { args: ["--enable-debug-command", "yes"] }).pipe(
      Effect.provide(commands({ "enable-debug-command": "yes" }))
    ))

  it.live("send redis-server's key events and have its effects", () =>
    sameEffects(
      [
        "SADD s 1 2 3",
        "SADD s 1 2",
        "SADD s 4 4 x",
        "SREM s none",
        "SREM s 1 2",
        "SREM none 1",
        "SMOVE s t 3",
        "SMOVE s t none",
        "SMOVE s s 4",
        "SMOVE s t 4",
        "SADD s 3",
        "SMOVE s t 3",
        "SMOVE s t x",
        "SINTERSTORE d s t",
        "SADD s 3 9",
        "SINTERSTORE d s t",
        "SUNIONSTORE d s t none",
        "SDIFFSTORE d s t",
        "SDIFFSTORE d none t",
        "SDIFFSTORE d none t",
        "SINTERSTORE d none none2",
        "SET str text",
        "EXPIRE str 100",
        "SUNIONSTORE str s",
        "TTL str",
        "SUNION none none2",
        "SINTER none s",
        "SCARD none",
        "SRANDMEMBER none",
        "SPOP none",
        "SPOP none 5",
        "SADD u 1",
        "SPOP u",
        "SADD u 1 2 3",
        "SPOP u 3",
        "SADD u 1 2 3",
        "SPOP u 30",
        "SADD u 1 2",
        "SPOP u 0",
        "SREM u 1 2 3",
        "EXISTS u"
      ].map((line) => line.split(" "))
    ))
})
