import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { ClientRegistry } from "../../src/command/ClientRegistry.ts"
import { connect, layer } from "../support/MemoryServer.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect as connectTo, type RawClient, render } from "../support/RawClient.ts"
import { startOurs, startRedis } from "../support/ServerProcess.ts"

/** Conversations, a connection each; what differs by its nature is made the same. */
const conversations: ReadonlyArray<string> = [
  "PING; PING hello; PING a b; ECHO; ECHO \"a b\"; ECHO a b",
  "SELECT 1; SELECT 16; SELECT -1; SELECT x; SELECT 4294967296; SELECT 99999999999999999999; SELECT; SELECT 1 2",
  "AUTH; AUTH x; AUTH default x; AUTH nobody x; AUTH a b c",
  "HELLO; HELLO 2; HELLO 3; PING; HELLO 2; HELLO 4; HELLO 1; HELLO x; HELLO 99999999999999999999; HELLO 3 SETNAME",
  "HELLO 3 AUTH default x SETNAME me; CLIENT GETNAME; HELLO 3 AUTH nobody x; HELLO 2 AUTH x; HELLO 2 NO",
  "HELLO 3 SETNAME me NO; CLIENT GETNAME; HELLO 3 SETNAME \"a b\"; CLIENT GETNAME; RESET; CLIENT GETNAME; PING",
  "CLIENT; CLIENT NO; CLIENT GETNAME x; CLIENT SETNAME; CLIENT SETNAME \"a b\"; CLIENT SETNAME a~!; CLIENT GETNAME",
  "CLIENT SETNAME \"\"; CLIENT GETNAME; CLIENT SETNAME \"\\x7f\"; HELLO 3; CLIENT GETNAME; CLIENT SETINFO lib-name x",
  "CLIENT LIST TYPE no; CLIENT LIST TYPE; CLIENT LIST TYPE normal x; CLIENT LIST ID; CLIENT LIST ID x; CLIENT LIST no",
  "CLIENT LIST TYPE pubsub; CLIENT LIST TYPE master; CLIENT LIST TYPE REPLICA; CLIENT LIST TYPE slave; CLIENT LIST ID 0",
  "CLIENT KILL; CLIENT KILL no; CLIENT KILL 1.2.3.4:5; CLIENT KILL ID; CLIENT KILL ID x; CLIENT KILL ID 0; CLIENT KILL ID -1",
  "CLIENT KILL ID 999999; CLIENT KILL ID 999999 SKIPME; CLIENT KILL SKIPME maybe; CLIENT KILL TYPE no; CLIENT KILL USER no",
  "CLIENT KILL ADDR a LADDR b USER default TYPE pubsub SKIPME no ID 5; CLIENT KILL FOO a; CLIENT KILL ADDR x y",
  "CLIENT PAUSE; CLIENT PAUSE x; CLIENT PAUSE -1; CLIENT PAUSE 1 no; CLIENT PAUSE 1 WRITE x; CLIENT PAUSE 99999999999999999999",
  "CLIENT PAUSE 9223372036854775807; PING; CLIENT UNPAUSE; CLIENT UNPAUSE x; CLIENT PAUSE 0; PING; CLIENT PAUSE 0 ALL",
  "CLIENT REPLY; CLIENT REPLY no; CLIENT REPLY ON; CLIENT NO-EVICT; CLIENT NO-EVICT no; CLIENT NO-EVICT on; CLIENT NO-EVICT OFF",
  "CLIENT UNBLOCK; CLIENT UNBLOCK x; CLIENT UNBLOCK 999999; CLIENT UNBLOCK 999999 no; CLIENT UNBLOCK 999999 ERROR x",
  "CLIENT TRACKINGINFO; CLIENT GETREDIR; HELLO 3; CLIENT TRACKINGINFO; CLIENT GETREDIR",
  "MULTI; CLIENT GETNAME; NO; PING; EXEC; MULTI; RESET; EXEC; MULTI; SHUTDOWN; DISCARD; MULTI; HELLO 3; EXEC",
  "MULTI; MONITOR; PING; EXEC",
  "SHUTDOWN NO; SHUTDOWN ABORT; SHUTDOWN ABORT NOW; SHUTDOWN SAVE NOSAVE; SHUTDOWN NOSAVE ABORT",
  "RESET x; RESET; QUIT a b"
]

const words = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) =>
    quoted === undefined
      ? bare ?? ""
      : quoted.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  )

const talk = (port: number, conversation: string) =>
  Effect.scoped(Effect.gen(function*() {
    const client = yield* connectTo(port)
    const answers: Array<string> = []
    for (const line of conversation.split("; ")) {
      const { raw } = yield* client.command(...words(line))
      answers.push(`${line} -> ${Buffer.from(raw).toString("latin1").replace(/(id\r\n:)\d+/, "$1ID")}`)
    }
    return answers
  }))

describeWithRedis("the commands on the connection", () => {
  it.live("answer what redis-server answers", () =>
    Effect.gen(function*() {
      const ours = yield* startOurs()
      const redis = yield* startRedis()
      for (const conversation of conversations) {
        assert.deepStrictEqual(yield* talk(ours.port, conversation), yield* talk(redis.port, conversation))
      }
    }))

  it.live("describe a client with the fields of redis-server, in its order", () =>
    Effect.gen(function*() {
      const fields = (port: number) =>
        Effect.gen(function*() {
          const client = yield* connectTo(port)
          const reply = render((yield* client.command("CLIENT", "INFO")).value)
          return reply
            .replace(/(id|addr|laddr|fd|qbuf|qbuf-free|argv-mem|rbs|rbp|tot-mem)=\S*/g, "$1=")
            // Whole seconds, of which one may just have ended
            .replace(/(age|idle)=[01]\b/g, "$1=")
        })
      const [ours, theirs] = [yield* fields((yield* startOurs()).port), yield* fields((yield* startRedis()).port)]
      assert.strictEqual(ours, theirs)
    }))

  it.live("show MONITOR what redis-server shows", () =>
    Effect.gen(function*() {
      const lines = [
        "SELECT 2",
        "ECHO \"a\\x00\\x01\"",
        "AUTH default x",
        "HELLO 2 AUTH default x SETNAME me",
        "CLIENT LIST",
        "CONFIG GET port",
        "INFO nothing",
        "NO such command",
        "GET",
        "MULTI",
        "SET a 1",
        "EXEC",
        "CLIENT GETNAME"
      ]
      const watch = (port: number) =>
        Effect.scoped(Effect.gen(function*() {
          const monitor = yield* connectTo(port)
          yield* monitor.command("MONITOR")
          const client = yield* connectTo(port)
          for (const line of lines) yield* client.command(...words(line))
          yield* client.command("ECHO", "the end")
          const shown: Array<string> = []
          while (shown.at(-1)?.includes("the end") !== true) {
            for (const { value } of yield* monitor.take(1)) {
              shown.push(render(value).replace(/^\d+\.\d{6} \[(\d+) \S+\]/, "TIME [$1 PEER]"))
            }
          }
          return shown
        }))
      assert.deepStrictEqual(yield* watch((yield* startOurs()).port), yield* watch((yield* startRedis()).port))
    }))

  it.live("mute replies as redis-server does", () =>
    Effect.gen(function*() {
      const lines =
        "CLIENT REPLY SKIP; PING a; PING b; CLIENT REPLY OFF; PING c; CLIENT REPLY SKIP; PING d; CLIENT REPLY ON; "
        + "PING e; CLIENT REPLY SKIP; NO; PING f; CLIENT REPLY SKIP; CLIENT REPLY SKIP; PING g; PING h; CLIENT REPLY SKIP; "
        + "MULTI; PING i; EXEC; CLIENT REPLY SKIP; RESET; PING j; CLIENT REPLY OFF; RESET; PING end"
      const heard = (port: number) =>
        Effect.gen(function*() {
          const client: RawClient = yield* connectTo(port)
          for (const line of lines.split("; ")) client.send(...words(line))
          const replies: Array<string> = []
          while (replies.at(-1) !== "\"end\"") {
            for (const { value } of yield* client.take(1)) replies.push(render(value))
          }
          return replies
        })
      assert.deepStrictEqual(yield* heard((yield* startOurs()).port), yield* heard((yield* startRedis()).port))
    }))
})

describe("CLIENT PAUSE", () => {
  it.effect("holds all commands back until its time is over, and then runs them, client by client", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* connect, yield* connect]
      assert.strictEqual(yield* first.show("CLIENT", "PAUSE", 1000), "OK")
      yield* first.send("APPEND", "a", 1)
      yield* second.send("APPEND", "a", 2)
      yield* first.send("APPEND", "a", 3)
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(yield* second.received, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* first.received, ["(integer) 1", "(integer) 2"])
      assert.deepStrictEqual(yield* second.received, ["(integer) 3"])
    }).pipe(Effect.provide(layer())))

  it.effect("WRITE lets reads pass, and UNPAUSE ends it", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* connect, yield* connect]
      yield* first.show("CLIENT", "PAUSE", 1000, "WRITE")
      yield* second.send("SET", "a", 1)
      assert.strictEqual(yield* first.show("GET", "a"), "(nil)")
      assert.match(yield* first.show("CLIENT", "LIST"), /flags=b .* cmd=set /)
      assert.strictEqual(yield* first.show("CLIENT", "UNBLOCK", 2), "(integer) 0")
      assert.strictEqual(yield* first.show("CLIENT", "UNPAUSE"), "OK")
      assert.deepStrictEqual(yield* second.received, ["OK"])
      assert.strictEqual(yield* first.show("GET", "a"), "\"1\"")
    }).pipe(Effect.provide(layer())))

  it.effect("WRITE holds back what may tell replicas something, too", () =>
    Effect.gen(function*() {
      const first = yield* connect
      const senders = yield* Effect.all([connect, connect, connect, connect])
      assert.strictEqual(yield* senders[3].show("MULTI"), "OK")
      assert.strictEqual(yield* senders[3].show("PUBLISH", "a", "b"), "QUEUED")
      yield* first.show("CLIENT", "PAUSE", 1000, "WRITE")
      yield* senders[0].send("PUBLISH", "a", "b")
      yield* senders[1].send("SPUBLISH", "a", "b")
      yield* senders[2].send("PFCOUNT", "h")
      yield* senders[3].send("EXEC")
      for (const sender of senders) assert.deepStrictEqual(yield* sender.received, [])
      yield* first.show("CLIENT", "UNPAUSE")
      for (const sender of senders) assert.strictEqual((yield* sender.received).length, 1)
    }).pipe(Effect.provide(layer())))

  it.effect("is only made longer and stricter by another one", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* connect, yield* connect]
      yield* first.show("CLIENT", "PAUSE", 1000, "WRITE")
      yield* first.show("CLIENT", "PAUSE", 10, "WRITE")
      yield* second.send("SET", "a", 1)
      yield* TestClock.adjust(500)
      assert.deepStrictEqual(yield* second.received, [])
      yield* first.show("CLIENT", "PAUSE", 10, "ALL")
      yield* first.send("GET", "a")
      yield* TestClock.adjust(499)
      assert.deepStrictEqual(yield* first.received, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* second.received, ["OK"])
      assert.strictEqual((yield* first.received).length, 1)
    }).pipe(Effect.provide(layer())))
})

describe("CLIENT KILL", () => {
  it.effect("ends others at once and oneself after the reply", () =>
    Effect.gen(function*() {
      const [first, second, third] = [yield* connect, yield* connect, yield* connect]
      const { clients } = yield* ClientRegistry
      assert.strictEqual(yield* first.show("CLIENT", "KILL", "ID", 2), "(integer) 1")
      assert.deepStrictEqual([...clients.byId.keys()], [1, 3])
      assert.strictEqual(yield* second.show("PING"), "")
      assert.strictEqual(yield* third.show("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), "(integer) 2")
      assert.strictEqual(clients.byId.size, 0)
    }).pipe(Effect.provide(layer())))

  it.effect("ends a client that waits", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* connect, yield* connect]
      yield* first.show("CLIENT", "PAUSE", 1000, "WRITE")
      yield* second.send("SET", "a", 1)
      yield* second.received
      assert.strictEqual(yield* first.show("CLIENT", "KILL", "ID", 2), "(integer) 1")
      yield* TestClock.adjust(1000)
      assert.strictEqual(yield* first.show("EXISTS", "a"), "(integer) 0")
    }).pipe(Effect.provide(layer())))
})
