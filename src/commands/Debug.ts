/**
 * DEBUG: what the test tools of Redis need to look inside a server. Only with `enable-debug-command`. Its subcommands are
 * no commands of their own, as in Redis: each row of `subcommands` tells the number of arguments and the program.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { blocking } from "../command/ClientRegistry.ts"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import { help } from "../command/Help.ts"
import type { Request } from "../command/Request.ts"
import * as Returns from "../command/Returns.ts"
import type { Session } from "../command/Session.ts"
import * as Codec from "../config/Codec.ts"
import { Config } from "../config/Config.ts"
import { byteOf, type Ref } from "../memory/Arena.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as Payload from "../persistence/Payload.ts"
import { Persistence } from "../persistence/Persistence.ts"
import { RdbOutput } from "../persistence/RdbOutput.ts"
import { ReplicationId } from "../replication/ReplicationId.ts"
import type { Output } from "../resp/Output.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import * as Digest from "../store/Digest.ts"
import { ACCESS_WORD, Encoding, Type, VALUE_WORD } from "../store/Entry.ts"
import { encodingName, referenceCount } from "../store/Inspection.ts"
import { Store } from "../store/Store.ts"
import { HashValue } from "../store/types/HashValue.ts"
import * as ListType from "../store/types/ListType.ts"
import * as Strings from "../store/types/Strings.ts"

const Debug = Command.make("DEBUG", {
  summary: "Holds the commands for debugging and testing the server.",
  returns: Returns.anything,
  since: "1.0.0",
  group: "server",
  complexity: "See the subcommands.",
  arity: -2,
  flags: ["admin", "noscript", "loading", "stale"],
  system: true
})

export const group = Command.group(Debug)

/** A subcommand: how many arguments it takes behind its name, and what it does. */
interface Subcommand {
  readonly least: number
  readonly most?: number
  readonly run: (request: Request) => Reply.Reply | Effect.Effect<Reply.Reply, CommandError.CommandError>
}

const LOCAL_ONLY = "If the enable-debug-command option is set to \"local\", you can run it from a local connection, "
  + "otherwise you need to set this option in the configuration file, and then restart the server."
const notAllowed = CommandError.make(`ERR DEBUG command not allowed. ${LOCAL_ONLY}`)
const notAListpack = CommandError.make("ERR Not a listpack encoded object.")
const badThreshold = CommandError.make("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
const noPush = CommandError.make("ERR RESP2 is not supported by this command")

/** In the order of `ReloadOptions`. */
const reloadOptions = ["NOSAVE", "NOFLUSH", "MERGE"]
const badReload = CommandError.make("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
const notReloaded = CommandError.make("ERR Error trying to load the RDB dump, check server logs")
const notSaved = CommandError.make("ERR")
const noReload = CommandError.make("ERR DEBUG RELOAD has to wait for the disk and cannot be part of a transaction")
const noAppendOnlyFile = CommandError.make("ERR There is no append-only file: this server keeps snapshots only")

/** Close to 4 GiB is too much for a node of a list. */
const MOST_THRESHOLD = 2n ** 32n - 2n ** 20n
const DEFAULT_THRESHOLD = 1024 ** 3

export const layer = group.toLayer(Effect.gen(function*() {
  const config = yield* Config
  const store = yield* Store
  const identity = yield* ReplicationId
  const persistence = yield* Persistence
  const clock = yield* Clock.Clock
  const context = yield* Effect.context()
  const { state } = store
  const rdb = new RdbOutput({ compress: () => config.values.rdbcompression })
  const log = (message: string): void => Effect.runSyncWith(context)(Effect.logWarning(message))

  const allowed = (session: Session): boolean => {
    const setting = config.values["enable-debug-command"]
    return setting === "yes" || (setting === "local" && session.isLocal)
  }

  const databaseOf = (request: Request): Database => store.database(request.session.db)

  /** The entry of a key, dead or alive. */
  const entryOf = (request: Request, index: number): Ref => {
    const { dict } = databaseOf(request)
    const ref = dict.find(request.buffer(index), request.start(index), request.end(index))
    if (ref === 0) throw CommandError.noSuchKey
    return ref
  }

  const subcommands: Readonly<Record<string, Subcommand>> = {
    "CHANGE-REPL-ID": {
      least: 0,
      run: () => {
        log("Changing replication IDs after receiving DEBUG change-repl-id")
        identity.change()
        return Reply.ok
      }
    },

    DIGEST: { least: 0, run: (request) => Reply.simple(Digest.ofKeyspace(databaseOf(request).space)) },

    "DIGEST-VALUE": {
      least: 0,
      most: Infinity,
      run: (request) => {
        const db = databaseOf(request)
        const digests: Array<Reply.Reply> = []
        for (let index = 2; index < request.count; index++) {
          // Of an expired key too, as long as it is in memory.
          const ref = db.dict.find(request.buffer(index), request.start(index), request.end(index))
          digests.push(Reply.simple(Digest.ofValue(db, ref)))
        }
        return Reply.array(digests)
      }
    },

    ERROR: {
      least: 1,
      // A reply like any other: no command has failed, and statistics count no error
      run: (request) => {
        const text = request.latin1(2).replace(/[\r\n]/g, " ")
        return Reply.encoded((out) => out.error(text))
      }
    },

    HELP: { least: 0, run: () => helpReply },

    LISTPACK: {
      least: 1,
      run: (request) => {
        const db = databaseOf(request)
        const ref = entryOf(request, 2)
        if (db.type(ref) === Type.list || encodingName(db, ref) !== "listpack") throw notAListpack
        const value = db.word(ref, VALUE_WORD)
        if (db.type(ref) !== Type.hash) log(describeListpack(db.bytes(value), byteOf(value)))
        else new HashValue(db.space).open(db, ref).withListpack((bytes, start) => log(describeListpack(bytes, start)))
        return Reply.simple("Listpack structure printed on stdout")
      }
    },

    LOG: {
      least: 1,
      run: (request) => {
        log(`DEBUG LOG: ${request.text(2)}`)
        return Reply.ok
      }
    },

    OBJECT: {
      least: 1,
      run: (request) => {
        const db = databaseOf(request)
        const ref = entryOf(request, 2)
        const access = db.word(ref, ACCESS_WORD)
        const idle = state.lfu ? 0 : Math.max(0, state.seconds - access)
        return Reply.simple(
          [
            `Value at:0x${(ref * 8).toString(16)}`,
            `refcount:${referenceCount(db, ref)}`,
            `encoding:${encodingName(db, ref)}`,
            `serializedlength:${Payload.valueLength(rdb, db, ref)}`,
            `lru:${access & 0xffffff}`,
            `lru_seconds_idle:${idle}`,
            ...(db.type(ref) === Type.list ? [ListType.describe(db, ref)] : [])
          ].join(" ")
        )
      }
    },

    POPULATE: {
      least: 1,
      most: 3,
      run: (request) => {
        const count = request.integerIn(2, 0, Number.MAX_SAFE_INTEGER, CommandError.positiveOutOfRange)
        const prefix = request.count > 3 ? request.bytes(3) : Buffer.from("key")
        const size = request.count > 4 ? request.integerIn(4, 0, 2 ** 32, CommandError.positiveOutOfRange) : 0
        populate(databaseOf(request), count, prefix, size)
        return Reply.ok
      }
    },

    PROTOCOL: {
      least: 1,
      run: (request) => {
        const name = request.quoted(2).toLowerCase()
        const reply = name === "push" && request.session.out.resp === 2 ? noPush : protocolReplies[name]
        if (reply === undefined) throw noSuchType
        return reply
      }
    },

    "QUICKLIST-PACKED-THRESHOLD": {
      least: 1,
      run: (request) => {
        const bytes = Codec.parseMemory(request.latin1(2))
        if (bytes === undefined || bytes > MOST_THRESHOLD) throw badThreshold
        state.settings.listPackedThreshold = bytes === 0n ? DEFAULT_THRESHOLD : Number(bytes)
        return Reply.ok
      }
    },

    RELOAD: {
      least: 0,
      most: Infinity,
      run: (request) => {
        const words = new Set<string>()
        for (let index = 2; index < request.count; index++) words.add(request.word(index))
        for (const word of words) if (!reloadOptions.includes(word)) throw badReload
        if (request.session.denyBlocking) throw noReload
        const [noSave, noFlush, merge] = reloadOptions.map((option) => words.has(option))
        return blocking(
          request.session,
          { unblock: undefined },
          persistence.reload({ noSave: noSave === true, noFlush: noFlush === true, merge: merge === true })
        ).pipe(
          Effect.as(Reply.ok),
          Effect.tapError((error) => Effect.logWarning(`DEBUG RELOAD: ${error.message}`)),
          Effect.mapError((error) => error._tag === "RdbError" ? notReloaded : notSaved)
        )
      }
    },

    LOADAOF: {
      least: 0,
      run: () => {
        throw noAppendOnlyFile
      }
    },

    "SET-ACTIVE-EXPIRE": {
      least: 1,
      run: (request) => {
        state.settings.activeExpire = Number.parseInt(request.latin1(2), 10) > 0
        state.settingsChanged()
        return Reply.ok
      }
    },

    SLEEP: {
      least: 1,
      run: (request) => {
        const seconds = Doubles.strtod(request.buffer(2), request.start(2), request.end(2)).value
        blockThread(seconds * 1000)
        state.setTime(clock.currentTimeMillisUnsafe())
        return Reply.ok
      }
    }
  }

  return group.of({
    DEBUG: (request) =>
      Command.attempt(() => {
        if (!allowed(request.session)) throw notAllowed
        const subcommand = subcommands[request.word(1)]
        const count = request.count - 2
        if (subcommand === undefined || count < subcommand.least || count > (subcommand.most ?? subcommand.least)) {
          throw CommandError.unknownSubcommandOrArity("DEBUG", request.quoted(1))
        }
        const result = subcommand.run(request)
        return Effect.isEffect(result) ? result : Effect.succeed(result)
      })
  })
}))

/** Stops everything, timers and sockets included: that is what the tests which use DEBUG SLEEP are about. */
const blockThread = (milliseconds: number): void => {
  if (!(milliseconds > 0)) return
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Adds the keys `prefix:0`, `prefix:1`, ... that are not there, with `value:0`, ... cut or filled up with NULs to a size. */
const populate = (db: Database, count: number, prefix: Uint8Array, size: number): void => {
  for (let number = 0; number < count; number++) {
    const key = Buffer.concat([prefix, Buffer.from(`:${number}`)])
    if (db.find(key, 0, key.length) !== 0) continue
    const text = Buffer.from(`value:${number}`)
    const value = size === 0 ? text : Buffer.alloc(size)
    text.copy(value)
    Strings.add(db, key, 0, key.length, value, 0, value.length, Encoding.auto, db.code)
    if (db.state.interest !== 0) db.state.modified(db.index, key, 0, key.length)
  }
}

/** One line for the log. */
const describeListpack = (bytes: Uint8Array, start: number): string => {
  const elements: Array<string> = []
  for (let p = Listpack.first(start); !Listpack.isEnd(bytes, p); p = Listpack.next(bytes, p)) {
    const text = Buffer.alloc(Listpack.textSize(bytes, p))
    Listpack.copyText(bytes, p, text, 0)
    elements.push(`${p - start}: ${JSON.stringify(text.toString("latin1"))}`)
  }
  return `Listpack of ${Listpack.byteLength(bytes, start)} bytes, ${elements.length} elements: ${elements.join(", ")}`
}

// ---- DEBUG PROTOCOL

const numbers: ReadonlyArray<Reply.Reply> = [0, 1, 2].map(Reply.integer)

const protocolReplies: Readonly<Record<string, Reply.Reply>> = {
  string: Reply.text("Hello World"),
  integer: Reply.integer(12345),
  // oxlint-disable-next-line approx-constant -- Redis's test value, not the number it is close to
  double: Reply.double(3.141),
  bignum: Reply.bigNumber("1234567999999999999999999999999999999"),
  null: Reply.nil,
  array: Reply.array(numbers),
  set: Reply.set(numbers),
  map: Reply.map([0, 1, 2].flatMap((number) => [Reply.integer(number), Reply.boolean(number === 1)])),
  attrib: Reply.encoded((out: Output) => {
    // Attributes have no form in RESP2
    if (out.resp === 3) {
      out.attributeHeader(1)
      out.text("key-popularity")
      out.arrayHeader(2)
      out.text("key:123")
      out.integer(90)
    }
    out.text("Some real reply following the attribute")
  }),
  push: Reply.encoded((out: Output) => {
    out.pushHeader(2)
    out.text("server-cpu-usage")
    out.integer(42)
    out.text("Some real reply following the push reply")
  }),
  verbatim: Reply.verbatim("txt", "This is a verbatim\nstring"),
  true: Reply.boolean(true),
  false: Reply.boolean(false)
}

const noSuchType = CommandError.make(
  `ERR Wrong protocol type name. Please use one of the following: ${Object.keys(protocolReplies).join("|")}`
)

const helpReply = help("DEBUG", [
  "CHANGE-REPL-ID",
  "    Change the replication IDs of the instance.",
  "    Dangerous: should be used only for testing the replication subsystem.",
  "DIGEST",
  "    Output a hex signature representing the current DB content.",
  "DIGEST-VALUE <key> [<key> ...]",
  "    Output a hex signature of the values of all the specified keys.",
  "ERROR <string>",
  "    Return a Redis protocol error with <string> as message. Useful for clients",
  "    unit tests to simulate Redis errors.",
  "LOG <message>",
  "    Write <message> to the server log.",
  "OBJECT <key>",
  "    Show low level info about `key` and associated value.",
  "POPULATE <count> [<prefix>] [<size>]",
  "    Create <count> string keys named key:<num>. If <prefix> is specified then",
  "    it is used instead of the 'key' prefix. These are not propagated to",
  "    replicas. Cluster slots are not respected so keys not belonging to the",
  "    current node can be created in cluster mode.",
  "PROTOCOL <type>",
  "    Reply with a test value of the specified type. <type> can be: string,",
  "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
  "    true, false.",
  "RELOAD [option ...]",
  "    Save the RDB on disk (or take it from there) and reload it back to memory.",
  "    Valid <option> values:",
  "    * MERGE: conflicting keys will be loaded from RDB.",
  "    * NOFLUSH: the existing database will not be removed before load, but",
  "      conflicting keys will generate an exception.",
  "    * NOSAVE: the database will be loaded from an existing RDB file.",
  "SET-ACTIVE-EXPIRE <0|1>",
  "    Setting it to 0 disables expiring keys in background when they are not",
  "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
  "    default.",
  "QUICKLIST-PACKED-THRESHOLD <size>",
  "    Sets the threshold for elements to be inserted as plain vs packed nodes",
  "    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.",
  "SLEEP <seconds>",
  "    Stop the server for <seconds>. Decimals allowed.",
  "LISTPACK <key>",
  "    Show low level info about the listpack encoding of <key>."
])
