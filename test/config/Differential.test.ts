/** The configuration compared with redis-server's: names, defaults, and what CONFIG SET and CONFIG GET answer. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Service } from "../../src/config/Config.ts"
import type { ConfigRefusal } from "../../src/config/ConfigError.ts"
import * as Registry from "../../src/config/Registry.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import * as RawClient from "../support/RawClient.ts"
import * as ServerProcess from "../support/ServerProcess.ts"
import { get, start, toPairs } from "./Start.ts"

// Ours listens on the loopback only
const OUR_OWN = ["bind"]

// Setting these does something in redis-server beyond the value, which can fail: it listens, starts an append-only file,
// raises the limit of open files, sets up TLS, or rounds a timer
const WITH_CONSEQUENCES = ["port", "bind", "tls-port", "tls-replication", "tls-cluster", "appendonly", "maxclients"]
  .concat("requirepass", "oom-score-adj", "watchdog-period")

const VALUES = [
  ...[
    "",
    " ",
    "x",
    "zz top",
    "yes",
    "no",
    "YES",
    "No",
    "1",
    "0",
    "-1",
    "+1",
    "01",
    "1.5",
    "0x10",
    "1 ",
    " 1",
    "2",
    "10",
    "99"
  ],
  ...["100", "101", "1000", "1001", "65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649"],
  ...["4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808"],
  ...["18446744073709551615", "18446744073709551616", "99999999999999999999", "1b", "1k", "1KB", "3mb", "1gb", "1tb"],
  ...["kb", "50%", "100%", "101%", "-5%", "%", "17179869184gb", "1 1", "1 1 1", "3600 1 60 10", "1  1", "0 1", "1 -1"],
  ...["99999999999999999999 1", "1 99999999999", "default", "save", "save now", "now SAVE force", "save nosave"],
  ...[
    "KEA",
    "xE",
    "Kn",
    "KEAn",
    "g$lshzxetd",
    "q",
    "KEA m",
    "normal 1 2 3",
    "replica 1mb 2kb 3",
    "slave 1 2",
    "master 1 2 3"
  ],
  ...[
    "pubsub 1 2 3 NORMAL 4 5 6",
    "normal 1 2 -3",
    "normal 0 0 0",
    "-2000 0 2000",
    "-2001 0 0",
    "a b c",
    "50 99.9",
    "100.1"
  ],
  ...["99.99999 0.123456789", "1e1", "nan", "inf", "{title}", "{title} x", "{port}", "{", "{{", "{x}", "{config-file}"],
  ...[
    "noeviction",
    "ALLKEYS-LRU",
    "debug",
    "always",
    "everysec",
    "relative",
    "absolute",
    "disabled",
    "swapdb",
    "panic"
  ],
  ...[
    "clients",
    "local",
    "hostname",
    "optional",
    "allchannels",
    "resetchannels",
    "a/b",
    "a.b-c",
    "a_b",
    "x".repeat(256)
  ],
  ...["caf\u00e9", "a\"b\\c", "line\nbreak", "\t"]
]

const reply = (outcome: Result.Result<void, ConfigRefusal>): string =>
  Result.isSuccess(outcome) ? "+OK\r\n" : `-${outcome.failure.text.replace(/[\r\n]/g, " ")}\r\n`

const bulks = (pairs: { readonly [name: string]: string }): Array<string> => Object.entries(pairs).flat()

/** Text as it goes over the wire, as a byte string. */
const wire = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

describeWithRedis("compared with redis-server", () => {
  const both = Effect.gen(function*() {
    const server = yield* ServerProcess.startRedis()
    const client = yield* RawClient.connect(server.port)
    const args = ["--port", String(server.port), "--dir", server.directory, "--save", ""]
    const config = yield* start(args, { directory: server.directory })
    const askAll = (commands: ReadonlyArray<ReadonlyArray<string>>) => client.pipeline(commands)
    const ask = (...words: ReadonlyArray<string>) =>
      Effect.map(client.command(...words), ({ raw }) => Buffer.from(raw).toString("latin1"))
    const pairs = (...patterns: ReadonlyArray<string>) =>
      Effect.map(client.command("CONFIG", "GET", ...patterns), ({ value }) => toPairs(value))
    return { config, ask, askAll, pairs }
  })

  const set = (config: Service, ...words: ReadonlyArray<string>) =>
    Effect.map(
      Effect.result(
        config.set(words.flatMap((name, i) => i % 2 === 0 ? [[wire(name), wire(words[i + 1] ?? "")]] : []))
      ),
      reply
    )

  it.live("CONFIG GET knows the same names and defaults", () =>
    Effect.scoped(Effect.gen(function*() {
      const { config, pairs } = yield* both
      const theirs = yield* pairs("*")
      const ours = get(config, "*")
      assert.deepStrictEqual(Object.keys(ours).sort(), Object.keys(theirs).sort())
      for (const [name, value] of Object.entries(theirs)) {
        if (!OUR_OWN.includes(name)) assert.strictEqual(ours[name], value, name)
      }
      for (const { name } of Registry.entries.filter(({ directive }) => directive.hidden)) {
        assert.deepStrictEqual(get(config, name), yield* pairs(name))
        assert.deepStrictEqual(get(config, `${name}*`), yield* pairs(`${name}*`))
      }
    })))

  it.live("CONFIG GET takes patterns and names in any case", () =>
    Effect.scoped(Effect.gen(function*() {
      const { config, pairs } = yield* both
      for (
        const patterns of [
          ["TIMEOUT"],
          ["TimeOut", "timeout"],
          ["timeo*", "TIMEOUT", "nope"],
          ["TIMEO*"],
          ["[t]imeout", "slave-priority", "replica-priority"],
          ["hash-max-*", "*-value"],
          ["timeou?", "\\timeout", "", "timeou]"],
          ["user", "include", "loadmodule"],
          ["[^a]*s", "[a-d]*port", "*\\-*lat*"]
        ]
      ) {
        const ours = bulks(get(config, ...patterns)).sort()
        assert.deepStrictEqual(ours, bulks(yield* pairs(...patterns)).sort(), patterns.join(" "))
      }
    })))

  it.live("CONFIG SET answers the same for every directive and value, and leaves the same behind", () =>
    Effect.scoped(Effect.gen(function*() {
      const { askAll, config } = yield* both
      const differences: Array<unknown> = []
      for (const { name } of Registry.entries.filter(({ directive }) => !directive.ours)) {
        if (WITH_CONSEQUENCES.includes(name)) continue
        const replies = yield* askAll(
          VALUES.flatMap((value) => [["CONFIG", "SET", name, value], ["CONFIG", "GET", name]])
        )
        for (const [i, value] of VALUES.entries()) {
          const theirs = replies[2 * i]?.raw.toString()
          const ours = yield* set(config, name, value)
          const left = replies[2 * i + 1]?.value
          const [theirValue, ourValue] = [left && toPairs(left)[name], get(config, name)[name]]
          if (ours !== theirs || ourValue !== theirValue) {
            differences.push({ name, value, theirs, ours, theirValue, ourValue })
          }
        }
      }
      assert.deepStrictEqual(differences, [])
    })))

  it.live("CONFIG SET refuses the same pairs", () =>
    Effect.scoped(Effect.gen(function*() {
      const { ask, config, pairs } = yield* both
      for (
        const words of [
          ["timeout", "1", "timeout", "2"],
          ["timeout", "1", "TIMEOUT", "2"],
          ["slave-priority", "1", "replica-priority", "2"],
          ["timeout", "x", "foo", "1"],
          ["timeout", "9", "port-x", "1", "databases", "3"],
          ["databases", "3", "nope", "1"],
          ["nope", "3", "databases", "1"],
          ["timeout", "9", "maxmemory", "x"],
          ["TimeOut", "x"],
          ["timeout", "3", "timeout", "x"],
          ["dir", "x", "timeout", "1", "timeout", "1"],
          ["DIR", "x"],
          ["timeout", "9", "hz", "20", "save", "1 1 1"],
          ["foo\r\nbar", "x"],
          ["", "x"],
          ["f\u00fc\u00fc", "x"],
          ["timeout", "9", "hz", "20", "save", "1 1"]
        ]
      ) {
        assert.strictEqual(yield* set(config, ...words), yield* ask("CONFIG", "SET", ...words), words.join(" "))
        const names = ["timeout", "hz", "save", "replica-priority", "maxmemory"]
        assert.deepStrictEqual(get(config, ...names), yield* pairs(...names), words.join(" "))
      }
    })))
})
