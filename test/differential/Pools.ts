/**
 * The values that arguments are drawn from, as data: few, so that commands meet, and chosen for what they mean to the argument they
 * are for. Each pool has typical values, which mostly work, and edges, which test limits and refusals.
 *
 * Expiry times are far away or in the past: whether a key is gone must not depend on how fast a server is. Only the one
 * millisecond of PEXPIRE is near, and is waited for.
 */

export interface Pool {
  readonly typical: ReadonlyArray<string>
  readonly edge: ReadonlyArray<string>
}

const numbers = (...values: ReadonlyArray<number | bigint>) => values.map(String)
const notNumbers = ["", "abc", "1.5", " 1", "1 ", "+1", "-0", "01", "1e3", "0x10", "--1", "\0", "1\0", "9".repeat(25)]
const integerLimits = numbers(
  0,
  1,
  -1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n),
  -(2n ** 63n) - 1n,
  2n ** 64n - 1n,
  2n ** 64n
)

export const integers: Pool = {
  typical: numbers(0, 1, 2, 3, 5, 10, 42, 100, -1, -2, -7),
  edge: [...integerLimits, ...notNumbers]
}
export const doubles: Pool = {
  typical: ["0", "1", "2", "-1", "1.5", "-2.25", "3.14", "100", "1e3", ".5", "0.1", "17.000000000000001"],
  edge: [
    ...[
      "inf",
      "-inf",
      "+inf",
      "Infinity",
      "nan",
      "1e308",
      "-1e308",
      "1e309",
      "5e-324",
      "1e-400",
      "-0",
      "0x1p3",
      "0.1234567890123456789"
    ],
    ...["9007199254740993", "1e21", "123456789012345678", "1e", "1e+", "1.7976931348623157e308", ...notNumbers]
  ]
}
export const strings: Pool = {
  typical: [
    "a",
    "b",
    "foo",
    "bar",
    "hello world",
    "Hello",
    "1",
    "10",
    "-5",
    "12345",
    "3.14",
    "1e5",
    "foobar",
    "abcabcabc"
  ],
  edge: [
    ...[
      "",
      "\0",
      "\r\n",
      "a\r\nb",
      "\xff\xfe\0",
      "\x80",
      "x".repeat(44),
      "x".repeat(45),
      "x".repeat(65),
      "ab".repeat(500)
    ],
    ...["é", "\u00c3\u00a9", "y".repeat(5000), "0", "01", "-0", " 7", "inf", "nan", ...integerLimits]
  ]
}

/** Only what is refused or in the past: what is accepted comes from `Vocabulary`, never twice the same. */
const seconds: Pool = {
  typical: numbers(0, -1, -1000),
  edge: [
    ...numbers(2n ** 63n / 1000n, 2n ** 63n / 1000n + 1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n),
    ...notNumbers
  ]
}
const milliseconds: Pool = {
  typical: seconds.typical,
  edge: [...numbers(2n ** 63n - 1000n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n)), ...notNumbers]
}
const unixSeconds: Pool = {
  typical: numbers(4_102_444_800, 9_999_999_999, 4_102_444_801, 5_000_000_000, 6_000_000_000, 1_500_000_000),
  edge: seconds.edge
}
const unixMilliseconds: Pool = {
  typical: numbers(4_102_444_800_000, 9_999_999_999_999, 4_102_444_800_123, 5_000_000_000_001, 1_500_000_000_000),
  edge: milliseconds.edge
}

/** With `proto-max-bulk-len 1mb`, strings end at 1048576 bytes and bits at 8388608. */
const byteOffsets: Pool = {
  typical: numbers(0, 1, 2, 3, 5, 7, 10, 20),
  edge: [...numbers(100, 5000, 1_048_575, 1_048_576, 2 ** 29, -1), ...integerLimits, ...notNumbers]
}
export const bitOffsets: Pool = {
  typical: numbers(0, 1, 7, 8, 9, 15, 31, 63, 64, 100, 127),
  edge: [...numbers(5000, 8_388_607, 8_388_608), ...integerLimits, ...notNumbers]
}
const indexes: Pool = {
  typical: numbers(0, 1, 2, 3, 5, -1, -2, -3, -1, 0, 7, 8, 15),
  edge: [...numbers(100, -100, 40000), ...integerLimits, ...notNumbers]
}
const counts: Pool = {
  typical: numbers(1, 2, 3, 5, 10, 100),
  edge: [...numbers(0, -1, -3), ...integerLimits, ...notNumbers]
}
const databases: Pool = { typical: numbers(0, 1, 2, 0), edge: [...numbers(15, 16), ...integerLimits, ...notNumbers] }

const fieldNames: Pool = {
  typical: ["f1", "f2", "f3", "f4", "f5", "f6", "1", "2"],
  edge: ["", "\0", "field with spaces", "f".repeat(70), "\xff", "-1", "12345678901234567890"]
}
const memberNames: Pool = {
  typical: ["m1", "m2", "m3", "m4", "m5", "a", "b", "c", "1", "2", "3", "-7", "70000", "5000000000"],
  edge: ["", "\0", "member with spaces", "m".repeat(70), "\xff", ...integerLimits, "01", "1.5"]
}
const scoreBounds: Pool = {
  typical: ["-inf", "+inf", "0", "1", "2", "(1", "(2", "(0", "1.5", "-1", "3"],
  edge: ["(inf", "(-inf", "inf", "nan", "(nan", "(", "((1", "[1", "-", "+", ...notNumbers]
}
const lexBounds: Pool = {
  typical: ["-", "+", "[a", "(a", "[b", "[m1", "(m3", "[m5", "[c"],
  edge: ["[", "(", "a", "", "-inf", "+inf", "[\0", "[\xff", "++", "--", "[+", "(-"]
}
export const streamIds: Pool = {
  typical: ["1-1", "1-2", "2-1", "2-5", "3-0", "5-1", "7", "10-3"],
  edge: [
    ...[
      "33000000000000-1",
      "0",
      "0-0",
      "0-1",
      "1-*",
      "5-*",
      "33000000000000-*",
      "*",
      "-",
      "+",
      "$",
      ">",
      "(1-1",
      "18446744073709551615-18446744073709551615"
    ],
    ...[
      "18446744073709551615-*",
      "18446744073709551616-0",
      "1-18446744073709551616",
      "1-1-1",
      "-1-1",
      "1-",
      "-5",
      "a-b",
      "",
      "01-1",
      "1 -1",
      "(",
      "(-"
    ]
  ]
}
const streamBounds: Pool = { typical: ["-", "+", "1-1", "2", "(1-1", "(2", "3-0", "10", "5-1"], edge: streamIds.edge }
export const patterns: Pool = {
  typical: ["*", "s*", "?1", "[a-z]1", "*1", "n1", "h?", "[st]*", "f*", "m?"],
  edge: ["", "[", "[a", "[^a]*", "\\*", "\\", "[]", "[z-a]?", "**", "*a*b*", "a\0*", "[\\]]", "?", "\xff*", "[^", "[a-"]
}

const words = (...typical: ReadonlyArray<string>): Pool => ({ typical, edge: [...typical, "", "nosuch", "1"] })

/** Directives that CONFIG SET may change, with values; what else it changes would change the test. */
export const safeParameters: ReadonlyArray<readonly [name: string, ...values: ReadonlyArray<string>]> = [
  ["maxmemory-policy", "noeviction", "noeviction", "bogus"],
  ["hash-max-listpack-entries", "128", "4", "-1", "abc"],
  ["hash-max-listpack-value", "64", "16"],
  ["list-max-listpack-size", "-2", "4", "128"],
  ["list-compress-depth", "0", "1"],
  ["set-max-intset-entries", "512", "4"],
  ["zset-max-listpack-entries", "128", "4"],
  ["zset-max-listpack-value", "64", "16"],
  ["stream-node-max-entries", "100", "5"],
  ["stream-node-max-bytes", "4096", "1k"],
  ["slowlog-log-slower-than", "10000", "-1", "-2", "1.5"],
  ["slowlog-max-len", "128", "0", "-1"],
  ["latency-monitor-threshold", "0", "100", "-1"],
  ["lfu-log-factor", "10", "0"],
  ["lazyfree-lazy-user-del", "yes", "no", "maybe"],
  ["maxmemory-samples", "5", "10", "0"],
  ["notify-keyspace-events", "", "KEA", "mKEn", "A"],
  ["timeout", "0", "100000", "-1"],
  ["tcp-keepalive", "300", "0"],
  ["databases", "16"],
  ["no-such-directive", "1"]
]
/** What an epoch of steps begins with, because CONFIG SET takes part. */
export const parameterBaseline: ReadonlyArray<readonly [name: string, value: string]> = safeParameters
  .filter(([name]) => !["databases", "no-such-directive", "maxmemory-policy"].includes(name))
  .map(([name, value]) => [name, value ?? ""])

/** Limits within reach of few elements, so that small values become big ones. */
export const smallLimits: ReadonlyArray<readonly [name: string, value: string]> = [
  ["hash-max-listpack-entries", "4"],
  ["list-max-listpack-size", "4"],
  ["set-max-intset-entries", "4"],
  ["zset-max-listpack-entries", "4"],
  ["stream-node-max-entries", "5"],
  ["hll-sparse-max-bytes", "60"]
]

const configNames: Pool = {
  typical: [
    ...safeParameters.map(([name]) => name),
    "maxmemory",
    "save",
    "appendonly",
    "list-max-ziplist-size",
    "hash-max-*"
  ],
  edge: [
    "*max-l*",
    "?imeout",
    "nosuch*",
    "",
    "SLOWLOG-MAX-LEN",
    "maxmemory*",
    "[ht]*-entries",
    "slave-*",
    "client-output-buffer-limit"
  ]
}

const sections = [
  "server",
  "clients",
  "memory",
  "persistence",
  "stats",
  "replication",
  "cpu",
  "commandstats",
  "latencystats"
]

// ---- which pool an argument draws from

/** By `COMMAND.argument` or by `argument`, as COMMAND DOCS names them. */
export const pools: Readonly<Record<string, Pool>> = {
  "BITCOUNT.end": bitIndexes(),
  "BITCOUNT.start": bitIndexes(),
  "BITFIELD.increment": integers,
  "BITOP.operation": words("AND", "OR", "XOR", "NOT", "and", "Not"),
  "BITPOS.end": bitIndexes(),
  "BITPOS.start": bitIndexes(),
  "CLIENT SETNAME.connection-name": words("me", "you", "it's", "me-2"),
  "CONFIG GET.parameter": configNames,
  "GETBIT.offset": bitOffsets,
  "HELLO.protover": { typical: ["2", "3", "3"], edge: ["1", "4", "", "a", "-3", "03"] },
  "INFO.section": {
    typical: [...sections, "keyspace", "errorstats", "default", "modules", "cluster"],
    edge: ["all", "everything", "nosuch", ""]
  },
  "SCAN.type": words("string", "hash", "list", "set", "zset", "stream", "String"),
  "SETBIT.offset": bitOffsets,
  "SETBIT.value": { typical: ["0", "1", "1"], edge: ["2", "-1", "", "a", "01"] },
  "XACK.id": streamIds,
  "XADD.field": fieldNames,
  "XADD.threshold": { typical: ["0", "1", "3", "5", "10", "2-1", "5"], edge: streamIds.edge },
  "XGROUP CREATE.id": { typical: ["0", "0", "1-1"], edge: streamIds.edge },
  "XINFO STREAM.count": counts,
  "XRANGE.end": streamBounds,
  "XRANGE.start": streamBounds,
  "XREVRANGE.end": streamBounds,
  "XREVRANGE.start": streamBounds,
  "XPENDING.end": streamBounds,
  "XPENDING.start": streamBounds,
  "XREAD.id": { typical: ["0", "0-0", "$", "1-1", "5-1"], edge: streamIds.edge },
  "XREADGROUP.id": { typical: [">", ">", ">", "0", "1-1"], edge: streamIds.edge },
  "XREAD.milliseconds": blockTimes(),
  "XREADGROUP.milliseconds": blockTimes(),
  "XTRIM.threshold": { typical: ["0", "1", "3", "5", "10", "2-1", "5"], edge: streamIds.edge },
  "ZLEXCOUNT.max": lexBounds,
  "ZLEXCOUNT.min": lexBounds,
  "ZRANGEBYLEX.max": lexBounds,
  "ZRANGEBYLEX.min": lexBounds,
  "ZREMRANGEBYLEX.max": lexBounds,
  "ZREMRANGEBYLEX.min": lexBounds,
  "ZREVRANGEBYLEX.max": lexBounds,
  "ZREVRANGEBYLEX.min": lexBounds,

  "bit": { typical: ["0", "1"], edge: ["2", "-1", "", "a", "01"] },
  "category": words("string", "read", "write", "fast", "keyspace"),
  "command": words("GET", "SET", "get"),
  "connection-name": words("me", "you"),
  "channel": words("c1", "c2", "c3", "__keyevent@0__:set", "__keyspace@0__:s1", "__redis__:invalidate"),
  "PSUBSCRIBE.pattern": words("*", "c*", "c[12]", "__key*", "__keyspace@?__:*", "__keyevent@0__:?et", "\\c1", "c1"),
  "PUNSUBSCRIBE.pattern": words("*", "c*", "c[12]", "__key*", "__keyspace@?__:*", "__keyevent@0__:?et", "\\c1", "c1"),
  "prefix": words("s", "s1", "h", "t", "n", "z", ""),
  "shardchannel": words("c1", "c2", "c3"),
  "clientname": { typical: ["me", "you"], edge: ["", "with space", "new\nline", "\xff"] },
  "consumer": words("c1", "c2", "c3"),
  "consumername": words("c1", "c2", "c3"),
  "count": counts,
  "cursor": { typical: ["0"], edge: ["", "a", "-1", "18446744073709551616", "1.5", "+0", " 0"] },
  "db": databases,
  "decrement": integers,
  "destination-db": databases,
  "element": { typical: [...memberNames.typical, ...strings.typical], edge: [...memberNames.edge, ...strings.edge] },
  "end": indexes,
  "entries_added": counts,
  "entries_read": counts,
  "field": fieldNames,
  "frequency": { typical: numbers(0, 5, 255), edge: [...numbers(256, -1), ...notNumbers] },
  "group": words("g1", "g2"),
  "groupname": words("g1", "g2"),
  "height": { typical: ["10", "100", "500", "2000"], edge: doubles.edge },
  "id": streamIds,
  "increment": integers,
  "index": indexes,
  "index1": databases,
  "index2": databases,
  "ip:port": words("127.0.0.1:1", "127.0.0.1:0"),
  "last-id": streamIds,
  "latitude": {
    typical: ["38.115556", "37.502669", "0", "-33.5", "13.361389", "85"],
    edge: ["85.06", "-85.1", "90", ...doubles.edge]
  },
  "len": counts,
  "limit": counts,
  "longitude": {
    typical: ["13.361389", "15.087269", "0", "-0.5", "179.9", "-120"],
    edge: ["180", "180.1", "-181", ...doubles.edge]
  },
  "max": scoreBounds,
  "max_deleted_entry_id": streamIds,
  "member": memberNames,
  "member1": memberNames,
  "member2": memberNames,
  "message": strings,
  "milliseconds": milliseconds,
  "min": scoreBounds,
  "min-idle-time": { typical: ["0", "0", "10000000000"], edge: [...integerLimits, ...notNumbers] },
  "module-name": words("nosuch"),
  "ms": { typical: ["0", "10000000000"], edge: [...integerLimits, ...notNumbers] },
  "num-matches": counts,
  "numreplicas": { typical: ["0", "1"], edge: ["-1", "", "a"] },
  "offset": byteOffsets,
  "password": words("secret", "", "wrong"),
  "pattern": patterns,
  "pivot": memberNames,
  "radius": { typical: ["1", "10", "200", "5000"], edge: doubles.edge },
  "rank": { typical: ["1", "2", "-1", "-2"], edge: ["0", ...integerLimits, ...notNumbers] },
  "script": words(
    "return 1",
    "return redis.call('get', KEYS[1])",
    "return redis.error_reply('no')",
    "return {1, 'a', {2}}",
    "return"
  ),
  "score": { typical: doubles.typical, edge: doubles.edge },
  "seconds": seconds,
  "start": indexes,
  "stop": indexes,
  "timeout": { typical: ["0", "0", "0.02", "9000000000"], edge: ["-1", "", "abc", "inf", "nan", "1e300", "-0.1"] },
  "ttl": milliseconds,
  "unix-time-milliseconds": unixMilliseconds,
  "unix-time-seconds": unixSeconds,
  "username": words("default", "alice"),
  "value": strings,
  "version": counts,
  "weight": doubles,
  "width": { typical: ["10", "100", "500", "2000"], edge: doubles.edge },
  "yes/no": words("yes", "no")
}

function bitIndexes(): Pool {
  return { typical: indexes.typical, edge: [...numbers(63, 64, 1023, -8), ...indexes.edge] }
}

function blockTimes(): Pool {
  return { typical: ["0", "0", "20", "9000000000000"], edge: ["-1", "", "a", "1.5"] }
}

/** For arguments without a pool of their own. */
export const poolOfType: Readonly<Record<string, Pool>> = {
  "string": strings,
  "integer": integers,
  "double": doubles,
  "pattern": patterns,
  "unix-time": unixSeconds
}

/**
 * Requests that no client library would write. None has a NUL in front of its end: redis-server looks for the end of an
 * inline request with `strchr` and waits for it for ever.
 */
export const rawRequests: ReadonlyArray<string> = [
  "PING\r\n",
  "  set s1   'it''s'  \r\n",
  "set s1 \"a\\x00\\n\\\"b\"\r\n",
  "set s1 'a\\'b'\r\n",
  "set s1 \"unbalanced\r\n",
  "get s1\n",
  "\r\n\r\n\n",
  "*0\r\n",
  "*-1\r\n",
  "*1\r\n$4\r\nPING\r\n",
  "*1\n$4\nPING\n",
  "*2\r\n$3\r\nGET\r\n$2\r\ns1\r\n*1\r\n$4\r\nPING\r\n",
  "*x\r\n",
  "*1048577\r\n",
  "*1\r\n$-1\r\n",
  "*1\r\n$x\r\n",
  "*1\r\n$999999999\r\n",
  "*1\r\n:4\r\nPING\r\n",
  "*1\r\nPING\r\n",
  "*1\r\n$4\r\nPINGxx",
  "NOSUCH a b\r\n",
  "get \xff\r\n"
]
