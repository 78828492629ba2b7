/** What comes over the wire that no client library would send: the replies are redis-server's, and others are served. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect as netConnect } from "node:net"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Arg, connect, encode, type RawClient, render } from "../support/RawClient.ts"
import { startOurs, startRedis } from "../support/ServerProcess.ts"

const END = "$7\r\nthe end\r\n"

/** Sends bytes and an ECHO behind them, and returns what comes back until its reply or the end of the connection. */
const exchange = (port: number, bytes: Uint8Array, behind = "\r\nECHO \"the end\"\r\n"): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const socket = netConnect({ port, host: "127.0.0.1" })
    let received = ""
    const finish = (): void => {
      socket.destroy()
      resume(Effect.succeed(received))
    }
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1")
      if (received.endsWith(END)) finish()
    })
    // A server that closes while bytes are under way resets the connection
    socket.on("error", () => {})
    socket.on("close", finish)
    socket.write(bytes)
    socket.write(behind)
  })

const bytes = (text: string): Buffer => Buffer.from(text, "latin1")

const requests: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
  ["an unknown command", bytes("FOO a \"b c\"\r\n")],
  ["binary words in an unknown command", encode(["f\xff\0oo", Buffer.from([0xff, 0x80, 0, 0x41])])],
  ["line breaks in an unknown command", encode(["a\r\nb", "c\nd"])],
  ["long unknown words", encode(["x".repeat(300), "y".repeat(300), "z"])],
  ["an unknown subcommand", encode(["CLIENT", "x\r\ny"])],
  ["too few arguments", bytes("GET\r\nCLIENT\r\nCLIENT KILL\r\n")],
  ["empty lines", bytes("\r\n\n\r\n")],
  ["an empty array and a negative one", bytes("*0\r\n*-1\r\n*-99\r\n")],
  ["an inline command with LF alone", bytes("PING\nPING\n")],
  ["an inline command with a form feed and a vertical tab", bytes("ECHO a\fb\r\nECHO \fa\v\r\n")],
  ["quotes and escapes", bytes("ECHO \"a\\x41\\n\\\"\" \r\nECHO 'it\\'s'\r\n")],
  ["unbalanced quotes", bytes("ECHO \"a\r\n")],
  ["text behind a quote", bytes("ECHO \"a\"b\r\n")],
  ["a bulk without its array", bytes("$4\r\nPING\r\n")],
  ["an array of something else", bytes("*2\r\n$4\r\nECHO\r\n:1\r\n")],
  ["a negative bulk length", bytes("*2\r\n$4\r\nECHO\r\n$-1\r\n")],
  ["a bulk length that is none", bytes("*1\r\n$x\r\n")],
  ["a bulk length with a sign", bytes("*1\r\n$+4\r\nPING\r\n")],
  ["a bulk length with a space", bytes("*1\r\n$ 4\r\nPING\r\n")],
  ["an array length that is none", bytes("*x\r\n")],
  ["an array length with a leading zero", bytes("*01\r\n$4\r\nPING\r\n")],
  ["an array length beyond 32 bits", bytes("*2147483648\r\n")],
  ["an array length beyond 64 bits", bytes("*99999999999999999999\r\n")],
  ["2 GB announced", bytes("*2\r\n$4\r\nECHO\r\n$2147483648\r\n")],
  ["a byte more than proto-max-bulk-len", bytes("*2\r\n$4\r\nECHO\r\n$536870913\r\n")],
  ["a wrong end of a bulk", bytes("*1\r\n$4\r\nPINGxx")],
  ["a request to a web server", bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ["a form sent to a web server", bytes("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET a b\r\n")],
  [
    "NUL and line breaks in keys",
    Buffer.concat([
      encode(["SET", Buffer.from("a\0b\r\nc"), Buffer.from("\0\r\n")]),
      encode(["GET", Buffer.from("a\0b\r\nc")]),
      encode(["STRLEN", Buffer.from("a\0b")]),
      encode(["DEL", Buffer.from("a\0b\r\nc")])
    ])
  ],
  [
    "option words that end at a NUL",
    Buffer.concat([
      encode(["SET", "a", "1", "EX\0 and more", "100"]),
      encode(["GETEX", "a", "PERSIST\0"]),
      encode(["XADD", "s", "MAXLEN\0", "~\0", "5", "7-*\0", "field", "value"]),
      encode(["XREAD", "COUNT\0", "1", "STREAMS\0", "s", "0\0"]),
      encode(["BITFIELD", "b", "SET\0", "u8\0", "0", "5"]),
      encode(["CONFIG", "SET", "maxmemory-policy", "noeviction\0"]),
      encode(["DEL", "a", "s", "b"])
    ])
  ],
  [
    "NUL and line breaks that are quoted in errors",
    Buffer.concat([
      encode(["PEXPIRE", "a", "1", "\r\n"]),
      encode(["PEXPIRE", "a", "1", "\r\nx\r"]),
      encode(["a\0b", "c\0d"]),
      encode(["CLIENT", "LIST", "TYPE", "a\0b"]),
      encode(["HELLO", "3", "a\0b"]),
      encode(["XREADGROUP", "GROUP", "g\0h", "c", "STREAMS", "s\0t", ">"]),
      encode(["CONFIG", "SET", "a\0b", "c"])
    ])
  ],
  ["100,000 arguments", encode(["DEL", ...Array.from({ length: 100_000 }, (_, n) => `no:${n}`)])],
  ["100,000 arguments too many", encode(["GET", ...Array.from({ length: 100_000 }, (_, n) => n)])]
]

/** Refused for their length alone: a line end behind them would let it depend on how they are cut into reads. */
const endless: ReadonlyArray<string> = [
  "x".repeat(70_000),
  `a\0b\n${"x".repeat(70_000)}`,
  `*${"1".repeat(70_000)}`,
  `*1\r\n$${"1".repeat(70_000)}`,
  `*1\0\r\n${"x".repeat(70_000)}`,
  `*1\r\n$4\0\r\n${"x".repeat(70_000)}`
]

const beforeAuthentication: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
  ["a command", encode(["GET", "a"])],
  ["an unknown command", encode(["FOO"])],
  ["a wrong password", encode(["AUTH", "x"])],
  ["HELLO without AUTH", encode(["HELLO", 3])],
  ["HELLO with a wrong AUTH", encode(["HELLO", 3, "AUTH", "default", "x"])],
  ["eleven arguments", bytes("*11\r\n$4\r\nPING\r\n")],
  ["a bulk of 16385 bytes", bytes("*2\r\n$4\r\nAUTH\r\n$16385\r\n")],
  [
    "AUTH and then more arguments",
    Buffer.concat([encode(["AUTH", "secret"]), encode(["DEL", ...Array.from({ length: 13 }, (_, n) => n)])])
  ]
]

describeWithRedis("what redis-server answers is answered", () => {
  it.live("to malformed requests", () =>
    Effect.gen(function*() {
      const ours = yield* startOurs()
      const redis = yield* startRedis()
      for (const [what, request] of requests) {
        assert.strictEqual(yield* exchange(ours.port, request), yield* exchange(redis.port, request), what)
      }
      for (const request of endless) {
        const start = request.slice(0, 10)
        assert.strictEqual(
          yield* exchange(ours.port, bytes(request), ""),
          yield* exchange(redis.port, bytes(request), ""),
          start
        )
      }
      const client = yield* connect(ours.port)
      assert.strictEqual(render((yield* client.command("PING")).value), "PONG")
    }))

  it.live("to who has not authenticated", () =>
    Effect.gen(function*() {
      const args = ["--requirepass", "secret"]
      const ours = yield* startOurs({ args })
      const redis = yield* startRedis({ args })
      for (const [what, request] of beforeAuthentication) {
        const behind = "\r\nAUTH secret\r\nECHO \"the end\"\r\n"
        assert.strictEqual(
          (yield* exchange(ours.port, request, behind)).replace(/id\r\n:\d+/, ""),
          (yield* exchange(redis.port, request, behind)).replace(/id\r\n:\d+/, ""),
          what
        )
      }
    }))
})

/** Bytes that the server's process has in memory. */
const residentBytes = (client: RawClient): Effect.Effect<number, unknown> =>
  Effect.map(client.command("INFO", "memory"), ({ value }) => {
    const text = value._tag === "Bulk" ? Buffer.from(value.bytes).toString() : ""
    return Number(/used_memory_rss:(\d+)/.exec(text)?.[1])
  })

const show = (client: RawClient, ...args: ReadonlyArray<Arg>) =>
  Effect.map(client.command(...args), ({ value }) => render(value))

const MB = 1024 * 1024

const crowd = (port: number, size: number): Effect.Effect<ReadonlyArray<RawClient>, unknown, Scope.Scope> =>
  Effect.forEach(Array.from({ length: size }), () => connect(port), { concurrency: 10 })

describe("a client that asks too much", () => {
  it.live("is served byte by byte", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect(port)
      const request = Buffer.concat([encode(["SET", "a", "b\r\nc"]), bytes("GET a\r\n"), encode(["GET", "a"])])
      for (const byte of request) {
        client.write(Buffer.from([byte]))
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.deepStrictEqual((yield* client.take(3)).map(({ value }) => render(value)), [
        "OK",
        "\"b\\r\\nc\"",
        "\"b\\r\\nc\""
      ])
    }))

  it.live("costs nothing by promises: a hundred announce 400 MB", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect(port)
      const before = yield* residentBytes(client)
      const clients = yield* crowd(port, 100)
      for (const each of clients) each.write(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$${400 * MB}\r\n${"x".repeat(1000)}`)
      assert.strictEqual(yield* show(client, "SET", "other", "served"), "OK")
      assert.isBelow((yield* residentBytes(client)) - before, 64 * MB)
    }))

  it.live("sends and gets 100 MB whole", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect(port)
      const value = Buffer.alloc(100 * MB, "0123456789")
      assert.strictEqual(yield* show(client, "SET", "big", value), "OK")
      const { value: got } = yield* client.command("GET", "big")
      assert.isTrue(got._tag === "Bulk" && value.equals(got.bytes))
    }))

  it.live("sends big values beside others and beside some that stop in the middle: each stays whole", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const clients = yield* crowd(port, 8)
      for (let round = 0; round < 20; round++) {
        const replies = yield* Effect.forEach(
          clients,
          (client, i) =>
            client.pipeline([["SET", `big:${i % 3}`, Buffer.alloc(MB, `${i}`)], ["GET", "big:0"], ["GET", "big:1"]]),
          { concurrency: "unbounded" }
        )
        const gone = yield* connect(port)
        gone.write(`*3\r\n$3\r\nSET\r\n$5\r\nbig:0\r\n$${MB}\r\n${"-".repeat(MB / 2)}`)
        gone.socket.destroySoon()
        const values = replies.flat().flatMap(({ value }) => value._tag === "Bulk" ? [Buffer.from(value.bytes)] : [])
        assert.isAtLeast(values.length, 8)
        for (const value of values) assert.isTrue(value.equals(Buffer.alloc(MB, value.subarray(0, 1))))
      }
    }))

  it.live("does not take the server's memory by not reading 1 GB of replies", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect(port)
      yield* client.command("SET", "big", Buffer.alloc(MB, "x"))
      const before = yield* residentBytes(client)
      const greedy = yield* connect(port)
      greedy.socket.pause()
      for (let n = 0; n < 1000; n++) greedy.send("GET", "big")
      for (let n = 0; n < 20; n++) assert.strictEqual(yield* show(client, "SET", "other", n), "OK")
      assert.isBelow((yield* residentBytes(client)) - before, 300 * MB)

      greedy.socket.resume()
      for (const { value } of yield* greedy.take(1000)) {
        assert.isTrue(value._tag === "Bulk" && value.bytes.length === MB)
      }
    }))

  it.live("gets all that it left, short and long, in order when it reads at last", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs({ args: ["--client-output-buffer-limit", "pubsub", "0", "0", "0"] })
      const publisher = yield* connect(port)
      const late = yield* connect(port)
      yield* late.command("SUBSCRIBE", "c")
      const payloads = Array.from({ length: 15_000 }, (_, n) => String(n).padEnd(n % 3 === 0 ? 6 : 3000, "x"))
      for (let round = 0; round < 2; round++) {
        late.socket.pause()
        // A turn each, so that each is written by itself
        for (const payload of payloads) yield* publisher.command("PUBLISH", "c", payload)
        late.socket.resume()
        const got = yield* late.take(payloads.length)
        assert.deepStrictEqual(got.map(({ value }) => render(value).split("\"")[5]), payloads)
      }
    }))

  it.live("is closed at client-output-buffer-limit", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs({ args: ["--client-output-buffer-limit", "normal", "20mb", "0", "0"] })
      const client = yield* connect(port)
      yield* client.command("SET", "big", Buffer.alloc(MB, "x"))
      const greedy = yield* connect(port)
      greedy.socket.pause()
      for (let n = 0; n < 100; n++) greedy.send("GET", "big")
      while (!(yield* show(client, "INFO", "clients")).includes("connected_clients:1\\r")) yield* Effect.sleep(5)
      assert.strictEqual(yield* show(client, "PING"), "PONG")
    }))

  it.live("is closed at client-query-buffer-limit", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs({ args: ["--client-query-buffer-limit", "1mb"] })
      const client = yield* connect(port)
      client.write(`*2\r\n$4\r\nECHO\r\n$${10 * MB}\r\n${"x".repeat(5 * MB)}`)
      yield* client.untilClosed
    }))
})

describe("a client that goes away", () => {
  it.live("by closing its half gets its replies", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect({ port, host: "127.0.0.1", allowHalfOpen: true })
      yield* client.command("SET", "big", Buffer.alloc(10 * MB, "x"))
      client.socket.end(Buffer.concat([encode(["PING"]), encode(["GET", "big"])]))
      const [pong, big] = yield* client.take(2)
      assert.strictEqual(pong === undefined ? "" : render(pong.value), "PONG")
      assert.isTrue(big?.value._tag === "Bulk" && big.value.bytes.length === 10 * MB)
      yield* client.untilClosed
    }))

  it.live("while it waits is noticed, by an end or a reset", () =>
    Effect.gen(function*() {
      const { port } = yield* startOurs()
      const client = yield* connect(port)
      const [first, second] = yield* crowd(port, 2)
      yield* client.command("CLIENT", "PAUSE", 1_000_000, "WRITE")
      for (const each of [first, second]) each?.send("SET", "a", 1)
      while (!(yield* show(client, "INFO", "clients")).includes("blocked_clients:2")) yield* Effect.sleep(5)
      first?.socket.end()
      second?.socket.resetAndDestroy()
      while (!(yield* show(client, "INFO", "clients")).includes("connected_clients:1\\r")) yield* Effect.sleep(5)
      assert.include(yield* show(client, "INFO", "clients"), "blocked_clients:0")
      yield* client.command("CLIENT", "UNPAUSE")
      assert.strictEqual(yield* show(client, "EXISTS", "a"), "(integer) 0")
    }))
})
