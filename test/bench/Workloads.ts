/**
 * What is measured. A workload is data: a command for redis-benchmark, where `__rand_int__` becomes a random number of twelve digits
 * below `keyspace`, and what the server must hold before. A new command family joins with a few lines.
 */

export type Command = ReadonlyArray<string>

export interface Workload {
  readonly name: string
  readonly command: Command
  readonly clients: number
  readonly pipeline: number
  /** Requests of one measured run. */
  readonly requests: number
  /** How many different values `__rand_int__` takes. */
  readonly keyspace: number
  /** Commands that fill the server once. */
  readonly fill?: Iterable<Command>
  /** Commands that each run needs to find done again, because it uses up what they made. */
  readonly before?: () => Iterable<Command>
  /** Connections that get what is published; then a request is one message to one of them, and its last word the payload. */
  readonly subscribers?: number
}

/** Keys of 16 bytes, as redis-benchmark writes them. */
export const keys = 1_000_000
export const key = (prefix: string, number: number): string => prefix + String(number).padStart(12, "0")

export function* sets(prefix: string, count: number, value: string): Generator<Command> {
  for (let i = 0; i < count; i++) yield ["SET", key(prefix, i), value]
}

const random = (prefix: string) => `${prefix}__rand_int__`
const value = "xxxxxxxx"
const filled = { clients: 50, keyspace: keys }

/** A command at three depths of pipelining. */
const atDepths = (
  name: string,
  command: Command,
  options: Pick<Workload, "keyspace" | "fill" | "before"> & { readonly share?: number }
): ReadonlyArray<Workload> =>
  ([[1, 120_000], [16, 1_000_000], [100, 1_500_000]] as const).map(([pipeline, requests]) => {
    const { share = 1, ...rest } = options
    return { name, command, clients: 50, pipeline, requests: Math.round(requests * share), ...rest }
  })

const ofSize = (label: string, bytes: number, count: number, requests: number): ReadonlyArray<Workload> => {
  const prefix = `${label}:`
  const content = "x".repeat(bytes)
  const fill = () => sets(prefix, count, content)
  return [
    {
      name: `GET of ${label}`,
      command: ["GET", random(prefix)],
      clients: 50,
      pipeline: 1,
      requests,
      keyspace: count,
      fill: fill()
    },
    {
      name: `SET of ${label}`,
      command: ["SET", random(prefix), content],
      clients: 50,
      pipeline: 1,
      requests,
      keyspace: count
    }
  ]
}

function* pushes(list: string, elements: number): Generator<Command> {
  for (let i = 0; i < elements; i += 100) yield ["RPUSH", list, ...Array.from({ length: 100 }, () => value)]
}

/** A hundred with each command. */
function* members(command: "SADD" | "ZADD", name: string, count: number): Generator<Command> {
  for (let from = 0; from < count; from += 100) {
    const added = Array.from({ length: 100 }, (_, i) => {
      const member = key("element:", from + i)
      return command === "ZADD" ? [String(from + i), member] : [member]
    })
    yield [command, name, ...added.flat()]
  }
}

export const all: ReadonlyArray<Workload> = [
  ...atDepths("GET", ["GET", random("key:")], { keyspace: keys, fill: sets("key:", keys, value) }),
  ...atDepths("SET", ["SET", random("key:"), value], { keyspace: keys }),
  ...atDepths("INCR", ["INCR", random("counter:")], { keyspace: keys, fill: sets("counter:", keys, "10000000") }),
  ...atDepths("MSET of 10", ["MSET", ...Array.from({ length: 10 }, () => [random("key:"), value]).flat()], {
    keyspace: keys,
    share: 0.2
  }),
  ...atDepths("GET, one key", ["GET", "key:000000000000"], { keyspace: 1 }),
  ...atDepths("SET, one key", ["SET", "key:000000000000", value], { keyspace: 1 }),
  ...ofSize("1 KB", 1024, 10_000, 120_000),
  ...ofSize("16 KB", 16_384, 1000, 60_000),
  ...ofSize("256 KB", 262_144, 200, 6000),
  ...ofSize("1 MB", 1_048_576, 50, 1500),
  {
    ...filled,
    name: "GET, 5,000 connections",
    command: ["GET", random("key:")],
    clients: 5000,
    pipeline: 1,
    requests: 200_000
  },
  {
    ...filled,
    name: "SET, 5,000 connections",
    command: ["SET", random("key:"), value],
    clients: 5000,
    pipeline: 1,
    requests: 200_000
  },

  ...atDepths("XADD", ["XADD", "bench:stream", "MAXLEN", "~", "100000", "*", "field", value], { keyspace: 1 }),
  {
    name: "XRANGE of 100",
    command: ["XRANGE", "bench:range", "-", "+", "COUNT", "100"],
    clients: 50,
    pipeline: 1,
    requests: 40_000,
    keyspace: 1,
    fill: Array.from({ length: 1000 }, (_, i) => ["XADD", "bench:range", `${i + 1}-0`, "field", value])
  },
  ...atDepths("LPUSH", ["LPUSH", "bench:list", value], { keyspace: 1, before: () => [["DEL", "bench:list"]] }),
  ...atDepths("RPUSH", ["RPUSH", "bench:list", value], { keyspace: 1, before: () => [["DEL", "bench:list"]] }),
  ...atDepths("LPOP", ["LPOP", "bench:pops"], { keyspace: 1, before: () => pushes("bench:pops", 1_600_000) }),
  ...atDepths("RPOP", ["RPOP", "bench:pops"], { keyspace: 1, before: () => pushes("bench:pops", 1_600_000) }),
  ...atDepths("SADD", ["SADD", "bench:set", "element:__rand_int__"], { keyspace: keys }),
  ...atDepths("HSET", ["HSET", "bench:hash", "element:__rand_int__", value], { keyspace: keys }),
  ...atDepths("HGET", ["HGET", "bench:hash", "element:__rand_int__"], { keyspace: keys }),
  ...atDepths("HGET of a small hash", ["HGET", "bench:small hash", "field:7"], {
    keyspace: 1,
    fill: [["HSET", "bench:small hash", ...Array.from({ length: 20 }, (_, i) => [`field:${i}`, value]).flat()]]
  }),
  ...atDepths("SISMEMBER", ["SISMEMBER", "bench:set", "element:__rand_int__"], { keyspace: keys }),
  ...atDepths("SPOP", ["SPOP", "bench:spops"], {
    keyspace: 1,
    before: () => members("SADD", "bench:spops", 1_600_000)
  }),
  ...atDepths("ZADD", ["ZADD", "bench:zset", "__rand_int__", "element:__rand_int__"], { keyspace: keys }),
  ...atDepths("ZPOPMIN", ["ZPOPMIN", "bench:zpops"], {
    keyspace: 1,
    before: () => members("ZADD", "bench:zpops", 1_600_000)
  }),
  ...[100, 300, 600].map((count): Workload => ({
    name: `LRANGE of ${count}`,
    command: ["LRANGE", "bench:lrange", "0", String(count - 1)],
    clients: 50,
    pipeline: 1,
    requests: 6_000_000 / count,
    keyspace: 1,
    fill: count === 100 ? pushes("bench:lrange", 600) : []
  })),
  {
    name: "PUBLISH of 64 bytes to 1,000, each delivery",
    command: ["PUBLISH", "bench:channel", "x".repeat(64)],
    clients: 1,
    pipeline: 1,
    requests: 200_000,
    keyspace: 1,
    subscribers: 1000
  }
]
