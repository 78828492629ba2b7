/**
 * Starts compared with redis-server's: files, arguments and standard input of many forms, each given to both, which must
 * have the same configuration afterwards or end with the same words.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { mkdirSync, realpathSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describeWithRedis } from "../support/Oracle.ts"
import * as ServerProcess from "../support/ServerProcess.ts"
import { bootRedis, get, socketIn, start, toPairs } from "./Start.ts"

interface Case {
  readonly args?: ReadonlyArray<string>
  /** The text of `redis.conf`, which is then the first argument. */
  readonly conf?: string
  readonly stdin?: string
  readonly files?: { readonly [name: string]: string }
  /** Nothing is put before the arguments; for starts that fail. */
  readonly bare?: boolean
}

const conf = (text: string, ...args: ReadonlyArray<string>): Case => ({ conf: text, args })
const args = (...words: ReadonlyArray<string>): Case => ({ args: words })
const bare = (...words: ReadonlyArray<string>): Case => ({ args: words, bare: true })

const INCLUDED = {
  "i1.conf": "timeout 11\n",
  "i2.conf": "timeout 12\nhz 22\n",
  "s.conf": "save 9 9\n",
  ".hidden.conf": "timeout 99\n",
  "sub/i1.conf": "timeout 13\ninclude i3.conf\n",
  "sub/i3.conf": "hz 33\n",
  "sub/bad.conf": "hz 33\n\n  foo   bar \n"
}
const including = (text: string, ...words: ReadonlyArray<string>): Case => ({
  conf: text,
  args: words,
  files: INCLUDED
})

const CASES: ReadonlyArray<Case> = [
  // ---- what a line may look like
  conf("timeout 5"),
  conf("timeout 1\r\nhz 5\r\n"),
  conf("# timeout 5\n\n   # x\n\t\n timeout\t6  \n"),
  conf("TimeOut 7\nMAXMEMORY-POLICY Allkeys-LRU\n"),
  conf("'timeout' \"\\x31\"\nmasteruser \"a\\n\\\"b\\xff\\\\\"\nmasterauth 'it\\'s'\n"),
  conf("timeout 1\0\nhz 5\n"),
  conf("timeout 1\0 2\n"),
  conf("timeout 1 # comment\n"),
  conf("\u00ef\u00bb\u00bftimeout 1"),
  conf("time\\out 1"),
  conf("timeout '1'x"),
  conf("logfile \"abc\n"),
  conf("'' 5"),
  conf("\"\""),
  conf("foo bar\n"),
  conf("timeout\n"),
  conf("timeout x\n"),
  conf("timeout \t x  \n"),
  conf("timeout 1 2\n"),
  conf("maxmemory   12zb"),
  conf("masteruser caf\u00c3\u00a9\nfoo caf\u00c3\u00a9"),
  // ---- directives of several words, and repeated ones
  conf("save 1 1\nsave 2 2\nsave 3 3 4 4\nsave '5 5 6 6'"),
  conf("save 1 1\nsave \"\"\nsave 2 2\n"),
  conf("save"),
  conf("save \"\" \"\""),
  conf("save \"\" 1 1"),
  conf("save '10 1 \"x'\n"),
  conf("save 1 x"),
  conf("save 0 1"),
  conf("bind 127.0.0.1 ::1"),
  conf("bind '127.0.0.1   -::1'"),
  conf("bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"),
  conf("client-output-buffer-limit normal 1mb 2 3\nclient-output-buffer-limit 'replica 1 2 3 pubsub 4 5 6'\n"),
  conf("client-output-buffer-limit"),
  conf("client-output-buffer-limit \"\""),
  conf("client-output-buffer-limit normal 1"),
  conf("client-output-buffer-limit foo 1 1 1"),
  conf("client-output-buffer-limit normal 1x 1 1"),
  conf("oom-score-adj-values '1 2 3'"),
  conf("oom-score-adj-values 1 2"),
  conf("oom-score-adj-values 1 2 3000"),
  conf("shutdown-on-sigint save now\nshutdown-on-sigterm 'nosave force'"),
  conf("shutdown-on-sigint save nosave"),
  conf("latency-tracking-info-percentiles 1 2.50 99.999\n"),
  conf("latency-tracking-info-percentiles \"\"\n"),
  conf("timeout 1\ntimeout 2\nslave-priority 5\nreplica-priority 6\nlua-time-limit 7"),
  conf("replicaof 127.0.0.1 1"),
  conf("slaveof \"127.0.0.1 1\""),
  conf("replicaof 127.0.0.1 1\nreplicaof no one"),
  conf("replicaof 127.0.0.1 ''"),
  conf("replicaof ''"),
  conf("replicaof a"),
  conf("replicaof a 1 3"),
  conf("replicaof a b"),
  conf("replicaof a 99999"),
  conf("cluster-enabled yes\nreplicaof 127.0.0.1 1"),
  // ---- words of their own
  conf("notify-keyspace-events KEA\nmaxmemory-clients 5%\nproc-title-template 'x {port}'\nunixsocketperm 0700"),
  conf("notify-keyspace-events q"),
  conf("proc-title-template {x}"),
  conf("unixsocketperm 8"),
  conf("unixsocketperm 1777"),
  conf("unixsocketperm -1"),
  conf("unixsocketperm ''"),
  conf("activedefrag yes"),
  conf("appendfilename a/b"),
  conf("appendfilename ''"),
  conf("appenddirname a/b"),
  conf("appenddirname ''"),
  conf("dbfilename a/b"),
  conf("dbfilename ''"),
  conf("enable-protected-configs maybe"),
  conf("hz 0"),
  conf("hz 1000\nrepl-backlog-size 1\n"),
  conf("databases 0"),
  conf("io-threads 0"),
  conf("daemonize maybe"),
  conf("logfile /nonexistent/x"),
  conf("logfile log.txt\nfoo"),
  // ---- what is no directive
  conf("list-max-ziplist-entries 5\nlist-max-ziplist-value 5\nlua-replicate-commands no"),
  conf("list-max-ziplist-entries 5 6"),
  conf("rename-command GET"),
  conf("user"),
  conf("loadmodule"),
  conf("sentinel"),
  conf("sentinel monitor x"),
  conf("include"),
  // ---- files in files
  including("include i1.conf"),
  including("timeout 3\ninclude i1.conf\ntimeout 4"),
  including("include i2.conf\ninclude i1.conf"),
  including("include i?.conf"),
  including("include 'i[12].conf'"),
  including("include 'i[!2].conf'"),
  including("include *.conf.nope"),
  including("include *1.conf"),
  including("include s*/i1.conf\ndir sub\n"),
  including("dir sub\ninclude i1.conf\n"),
  including("dir sub\ninclude bad.conf\n"),
  including("include sub"),
  including("include nope.conf"),
  including("include i1.conf i2.conf"),
  including("include ''"),
  including("save 1 1\ninclude s.conf", "--save", "2 2"),
  including("save 1 1\ninclude s.conf\nsave 2 2\nsave 3 3"),
  including("save 1 1\ninclude *.nope\nsave 2 2"),
  including("save 1 1\ninclude i1.conf\ninclude s.conf\nsave 2 2"),
  including("timeout 1", "--include", "i2.conf", "--timeout", "3"),
  // ---- the working directory
  including("dir sub\ndir ..\n"),
  including("dir ./sub/"),
  including("dir nope"),
  including("dir i1.conf"),
  including("dir ''"),
  including("dir sub sub"),
  // ---- arguments
  args("--timeout", "5"),
  args("--timeout 5"),
  args("--timeout ", "6"),
  args("--TIMEOUT", "6"),
  args("--timeout 5", "6"),
  args("--timeout \"5"),
  args("--timeout", "5", "6"),
  args("--timeout", "--hz", "5"),
  args("--timeout=5"),
  args("---timeout", "5"),
  args("--timeout"),
  args("--timeout", ""),
  args("--timeout", "1", "--timeout", "2"),
  args("--foo", "bar"),
  args("--timeout", "1", "--foo"),
  args("--masteruser", "a \"b\"\n\\c\t\u0007\u0001"),
  args("--masteruser", "caf\u00e9"),
  args("--dbfilename", "--foo"),
  args("--dbfilename", "--foo", "--save"),
  args("--dbfilename", "a b"),
  args("--dbfilename \"a b\""),
  args("--save"),
  args("--save", "--hz", "5"),
  args("--save ", "--hz", "5"),
  args("--SAVE", "--hz", "5"),
  args("--save", ""),
  args("--save", "10", "1", "--save", "20", "2"),
  args("--save", "10 1", "--save", "20 2 30 3"),
  args("--save 10 1", "--save", ""),
  args("--replicaof", "127.0.0.1", "1"),
  args("--replicaof", "127.0.0.1 1"),
  args("--slaveof", "127.0.0.1 1"),
  args("--client-output-buffer-limit", "normal", "1mb", "2", "3", "--client-output-buffer-limit", "slave 1 2 3"),
  args("--bind", "127.0.0.1", "::1"),
  args("--"),
  args("--", "--hz", "5"),
  args("-p", "5"),
  args("x"),
  bare("--timeout"),
  bare("-x"),
  bare("--port", "abc"),
  bare("nope.conf"),
  bare("no/such/folder/redis.conf", "--port", "0"),
  bare("--loadmodule"),
  // ---- a file and arguments, and the standard input
  conf("timeout 1\nhz 2\n", "--hz", "3"),
  conf("timeout 1", "--hz", "x"),
  conf("timeout 1\n", "--hz", "x"),
  conf("timeout 1\n\n", "--hz", "x"),
  conf("", "--hz", "x"),
  conf("timeout 1\n", "foo"),
  { args: ["-"], stdin: "timeout 5\n" },
  { args: ["-", "--timeout", "6"], stdin: "timeout 5\nhz 20" },
  { args: ["-", "--hz", "x"], stdin: "timeout 5\n" },
  { conf: "timeout 1\n", args: ["--hz", "12", "-"], stdin: "hz 13\ntimeout 2" },
  { conf: "timeout 1\n", args: ["-"], stdin: "hz 13\ntimeout 2" },
  { conf: "timeout 1", args: ["-"], stdin: "hz 13\n" },
  { conf: "timeout 1\n", args: ["-", "--hz", "x"], stdin: "hz 13\n" },
  { conf: "timeout 1\n", args: ["--hz", "-", "--timeout", "3"], stdin: "hz 13\n" }
]

interface Outcome {
  readonly config?: { readonly [name: string]: string }
  readonly stdout?: string
  readonly stderr?: string
}

/** Puts the files of a case into a folder, and what both need to be reached before its arguments. */
const prepare = (directory: string, given: Case) => {
  for (const [name, text] of Object.entries(given.files ?? {})) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text, "latin1")
  }
  const own = given.args ?? []
  const listen = `port 0\nunixsocket ${socketIn(directory)}\n`
  if (given.conf !== undefined) {
    writeFileSync(join(directory, "redis.conf"), listen + given.conf, "latin1")
    return { args: ["redis.conf", ...own], stdin: given.stdin ?? "" }
  }
  if (given.stdin !== undefined) return { args: own, stdin: listen + given.stdin }
  return { args: given.bare === true ? own : ["--port", "0", "--unixsocket", socketIn(directory), ...own], stdin: "" }
}

const startRedis = (directory: string, args: ReadonlyArray<string>, stdin: string) =>
  Effect.gen(function*() {
    const { client, output } = yield* bootRedis(directory, args, stdin)
    if (client === undefined) return output
    return { config: toPairs((yield* client.command("CONFIG", "GET", "*")).value) }
  })

const outcome = (given: Case) =>
  Effect.scoped(Effect.gen(function*() {
    const directory = realpathSync(yield* ServerProcess.temporaryDirectory)
    const { args, stdin } = prepare(directory, given)
    const theirs: Outcome = yield* startRedis(directory, args, stdin)
    const ours = yield* Effect.result(start(args, { directory, stdin }))
    return { theirs, ours }
  }))

describeWithRedis("a start", () => {
  for (const given of CASES) {
    it.live(JSON.stringify(given), () =>
      Effect.gen(function*() {
        const { ours, theirs } = yield* outcome(given)
        if (theirs.config === undefined) {
          assert.isTrue(Result.isFailure(ours), `redis-server does not start: ${theirs.stderr} ${theirs.stdout}`)
          if (!Result.isFailure(ours)) return
          if (ours.failure.logged === true) assert.include(theirs.stdout, ` # ${ours.failure.message}\n`)
          else assert.strictEqual(ours.failure.message, theirs.stderr)
        } else {
          if (Result.isFailure(ours)) assert.fail(`redis-server starts: ${ours.failure.message}`)
          const config: { [name: string]: string } = { ...get(ours.success, "*") }
          // Ours listens on the loopback by default
          if (theirs.config["bind"] === "* -::*") config["bind"] = "* -::*"
          for (const [name, value] of Object.entries(theirs.config)) assert.strictEqual(config[name], value, name)
        }
      }))
  }
})
