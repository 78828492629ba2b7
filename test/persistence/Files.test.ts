import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { random } from "../memory/Random.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { type Arg, connect, render } from "../support/RawClient.ts"
import { ourCommand, type ServerProcess, startOurs, startRedis, temporaryDirectory } from "../support/ServerProcess.ts"
import { values } from "./DataSets.ts"

const debug = ["--enable-debug-command", "yes"]

const client = Effect.fnUntraced(function*(server: ServerProcess) {
  const raw = yield* connect({ port: server.port })
  return {
    show: (...args: ReadonlyArray<Arg>) => Effect.map(raw.command(...args), ({ value }) => render(value)),
    fill: Effect.gen(function*() {
      yield* raw.pipeline(Object.values(values).flat())
      yield* raw.pipeline([
        ["SELECT", 9],
        ["SET", "volatile", 1, "PXAT", 9_999_999_999_999],
        ["SELECT", 0]
      ])
    })
  }
})

/** A server that begins with that file. */
const beginningWith = (
  start: typeof startOurs,
  file: string,
  args: ReadonlyArray<string> = []
) =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    copyFileSync(file, join(directory, "dump.rdb"))
    return yield* start({ args: [...debug, ...args, "--dir", directory] })
  })

describeWithRedis("files", () => {
  it.live("load in redis-server, and its own load here, with the same data", () =>
    Effect.gen(function*() {
      for (const [from, to] of [[startOurs, startRedis], [startRedis, startOurs], [startOurs, startOurs]] as const) {
        const writer = yield* from({ args: debug })
        const a = yield* client(writer)
        yield* a.fill
        assert.strictEqual(yield* a.show("SAVE"), "OK")
        const file = join(writer.directory, "dump.rdb")
        const digest = yield* a.show("DEBUG", "DIGEST")
        const checked = spawnSync("redis-check-rdb", [file], { encoding: "utf8" })
        assert.match(checked.stdout, /RDB looks OK/, checked.stdout)
        const b = yield* client(yield* beginningWith(to, file))
        assert.strictEqual(yield* b.show("DEBUG", "DIGEST"), digest)
        yield* b.show("SELECT", 9)
        assert.strictEqual(yield* b.show("PEXPIRETIME", "volatile"), "(integer) 9999999999999")
        assert.strictEqual(yield* b.show("DBSIZE"), "(integer) 1")
      }
    }).pipe(Effect.scoped))
})

describe("a file", () => {
  it.live("is written by SAVE, BGSAVE, save points and SHUTDOWN, and loaded at the start", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({ args: [...debug, "--hz", "100"] })
      const file = join(server.directory, "dump.rdb")
      const { show } = yield* client(server)
      const written = Effect.gen(function*() {
        while (!existsSync(file)) yield* Effect.sleep(10)
        rmSync(file)
      })
      yield* show("SET", "k", 1)
      assert.strictEqual(yield* show("SAVE"), "OK")
      yield* written
      assert.match(yield* show("INFO", "persistence"), /rdb_changes_since_last_save:0\\r/)
      assert.strictEqual(yield* show("BGSAVE"), "Background saving started")
      yield* written
      yield* show("CONFIG", "SET", "save", "1 1")
      yield* show("SET", "k", 2)
      yield* written
      yield* show("SET", "k", 3)
      yield* Effect.flip(show("SHUTDOWN"))
      assert.strictEqual((yield* server.exit).code, 0)
      const again = yield* client(yield* beginningWith(startOurs, file))
      assert.strictEqual(yield* again.show("GET", "k"), "\"3\"")
    }).pipe(Effect.scoped))

  it.live("is left alone by SHUTDOWN NOSAVE amid a snapshot, and nothing is left beside it", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({ args: [...debug, "--rdb-key-save-delay", "1000000"] })
      const { show } = yield* client(server)
      yield* show("DEBUG", "POPULATE", 100)
      yield* show("BGSAVE")
      assert.strictEqual(yield* show("BGSAVE"), "(error) ERR Background save already in progress")
      assert.strictEqual(yield* show("SAVE"), "(error) ERR Background save already in progress")
      assert.match(yield* show("INFO", "persistence"), /rdb_bgsave_in_progress:1\\r.*rdb_last_bgsave_status:ok\\r/)
      yield* Effect.flip(show("SHUTDOWN", "NOSAVE"))
      assert.strictEqual((yield* server.exit).code, 0)
      assert.deepStrictEqual(readdirSync(server.directory), [])
    }).pipe(Effect.scoped))

  it.live("of before a FLUSHALL is not written any more, and whoever waits for it is told", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({ args: [...debug, "--rdb-key-save-delay", "1000000"] })
      const [{ show }, other] = [yield* client(server), yield* client(server)]
      yield* show("DEBUG", "POPULATE", 100)
      const saving = yield* Effect.forkChild(show("SAVE"))
      while (!/bgsave_in_progress:1/.test(yield* other.show("INFO", "persistence"))) yield* Effect.sleep(10)
      yield* other.show("FLUSHALL")
      assert.match(yield* Fiber.join(saving), /^\(error\) ERR/)
      assert.match(yield* show("INFO", "persistence"), /bgsave_in_progress:0\\r.*rdb_last_bgsave_status:ok\\r/)
      assert.deepStrictEqual(readdirSync(server.directory), [])
    }).pipe(Effect.scoped))

  it.live("that cannot be written stops writes, until one can", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({ args: ["--save", "3600", "100000", "--enable-protected-configs", "yes"] })
      const { show } = yield* client(server)
      const elsewhere = yield* temporaryDirectory
      yield* show("CONFIG", "SET", "dir", elsewhere)
      rmSync(elsewhere, { recursive: true })
      assert.match(yield* show("SAVE"), /^\(error\) ERR/)
      assert.match(yield* show("SET", "k", 1), /^\(error\) MISCONF Redis is configured to save RDB snapshots/)
      assert.match(yield* show("PING"), /^\(error\) MISCONF/)
      assert.strictEqual(yield* show("GET", "k"), "(nil)")
      yield* show("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
      assert.strictEqual(yield* show("SET", "k", 1), "OK")
      yield* show("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
      assert.match(yield* show("SET", "k", 1), /MISCONF/)
      yield* show("CONFIG", "SET", "dir", server.directory)
      assert.strictEqual(yield* show("SAVE"), "OK")
      assert.strictEqual(yield* show("SET", "k", 1), "OK")
    }).pipe(Effect.scoped))

  it.live("is loaded aside by DEBUG RELOAD NOSAVE, and INFO tells how far it is", () =>
    Effect.gen(function*() {
      const writer = yield* startOurs({ args: debug })
      const { show } = yield* client(writer)
      yield* show("DEBUG", "POPULATE", 20_000)
      yield* show("SAVE")
      yield* show("CONFIG", "SET", "key-load-delay", 1000)
      yield* Effect.forkChild(show("DEBUG", "RELOAD", "NOSAVE"))
      const other = yield* client(writer)
      let info = ""
      while (!/[^_]loading:1/.test(info)) info = yield* other.show("INFO", "persistence")
      assert.match(info, /loading_total_bytes:\d{5}/)
      // An old keyspace serves until the new one is there.
      assert.strictEqual(yield* other.show("DBSIZE"), "(integer) 20000")
    }).pipe(Effect.scoped))

  it.live("serves who waits for what it brings", () =>
    Effect.gen(function*() {
      const server = yield* startOurs({ args: debug })
      const { show } = yield* client(server)
      const [reader, popper] = [yield* client(server), yield* client(server)]
      yield* show("XADD", "s", "1-1", "f", "v")
      yield* show("RPUSH", "l", "a")
      yield* show("SAVE")
      yield* show("FLUSHALL")
      const read = yield* Effect.forkChild(reader.show("XREAD", "BLOCK", 0, "STREAMS", "s", "0"))
      const popped = yield* Effect.forkChild(popper.show("BLPOP", "l", 0))
      while (!(yield* show("INFO", "clients")).includes("blocked_clients:2")) yield* Effect.sleep(5)
      assert.strictEqual(yield* show("DEBUG", "RELOAD", "NOSAVE"), "OK")
      assert.match(yield* Fiber.join(read), /"1-1"/)
      assert.match(yield* Fiber.join(popped), /"a"/)
      assert.strictEqual(yield* show("EXISTS", "l"), "(integer) 0")
    }).pipe(Effect.scoped))

  it.live("that is torn, corrupt or foreign ends the server, which says where, and is not touched", () =>
    Effect.gen(function*() {
      const writer = yield* startOurs({ args: debug })
      const { fill, show } = yield* client(writer)
      yield* fill
      yield* show("SAVE")
      const whole = readFileSync(join(writer.directory, "dump.rdb"))
      const flipped = Buffer.from(whole)
      flipped[whole.length >>> 1] = (flipped[whole.length >>> 1] ?? 0) ^ 1
      const cases = {
        torn: whole.subarray(0, whole.length - 100),
        flipped,
        empty: Buffer.alloc(0),
        "another format": Buffer.from("PNG, or something like that"),
        "a later version": Buffer.concat([Buffer.from("REDIS0099"), whole.subarray(9)])
      }
      for (const [name, bytes] of Object.entries(cases)) {
        const directory = yield* temporaryDirectory
        const file = join(directory, "dump.rdb")
        writeFileSync(file, bytes)
        const { status, stdout } = spawnSync(
          ourCommand[0] ?? "",
          [...ourCommand.slice(1), "--port", "0", "--unixsocket", join(directory, "socket"), "--dir", directory],
          { encoding: "utf8" }
        )
        assert.strictEqual(status, 1, `${name}: ${stdout}`)
        assert.match(stdout, /Fatal error loading the DB: .*\(at offset \d+\)/, name)
        assert.isTrue(readFileSync(file).equals(bytes), name)
      }
    }).pipe(Effect.scoped))

  it.live("is the old one or the new one, whenever the server is killed", () =>
    Effect.gen(function*() {
      const next = random(3)
      const rounds = Number(process.env["KILL_ROUNDS"] ?? 4)
      const kills = { amid: 0, "before the rename": 0, "with the old file": 0, "with the new file": 0 }
      const kill = Effect.fnUntraced(function*(round: number) {
        const server = yield* startOurs({ args: debug })
        const { show } = yield* client(server)
        const file = join(server.directory, "dump.rdb")
        yield* show("DEBUG", "POPULATE", 200_000)
        yield* show("SET", "state", "old")
        yield* show("SAVE")
        const { ino, size } = statSync(file)
        yield* show("DEBUG", "POPULATE", 1000, "more")
        yield* show("SET", "state", "new")
        // Killed when so much of it has been written; below 0, at once; beyond 1, when it has its name
        const share = 1.1 * (round + next.below(1000) / 1000) / rounds - 0.03
        yield* show("BGSAVE")
        while ((unfinished(server)?.size ?? 0) < share * size && statSync(file).ino === ino) yield* Effect.yieldNow
        server.signal("SIGKILL")
        yield* server.exit
        const left = unfinished(server)
        const again = yield* client(yield* beginningWith(startOurs, file))
        const state = yield* again.show("GET", "state")
        assert.include(["\"old\"", "\"new\""], state)
        assert.strictEqual(yield* again.show("DBSIZE"), `(integer) ${state === "\"old\"" ? 200_001 : 201_001}`)
        if (left !== undefined) kills[left.size < size ? "amid" : "before the rename"]++
        else kills[state === "\"old\"" ? "with the old file" : "with the new file"]++
      }, Effect.scoped)
      for (let round = 0; round < rounds; round++) yield* kill(round)
      if (process.env["KILL_ROUNDS"] !== undefined) process.stdout.write(`${JSON.stringify(kills)}\n`)
      assert.isAtLeast(kills.amid, rounds / 4, "kills fall amid the snapshot")
    }), 1_200_000)
})

/** The file that is being written, under the name that it has until it is whole. */
const unfinished = ({ directory }: ServerProcess): Stats | undefined => {
  const name = readdirSync(directory).find((name) => name.startsWith("temp-"))
  return name === undefined ? undefined : statSync(join(directory, name), { throwIfNoEntry: false })
}
