/** How much memory the data may take, what is evicted, and how memory is given back. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

const NO_DEFRAG = "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified "
  + "Jemalloc like the one shipped by default with the Redis source distribution"

export const Memory = {
  title: "Memory",
  directives: {
    "maxmemory": Directive.make({
      codec: Codec.memory(0n, Codec.Limits.ulong),
      default: 0n,
      effect: "yes",
      doc: "Bytes that the data set may take; 0 sets no limit."
    }),
    "maxmemory-policy": Directive.make({
      codec: Codec.oneOf([
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "noeviction"
      ]),
      default: "noeviction",
      effect: "yes",
      doc: "Which keys make room when the limit is reached."
    }),
    "maxmemory-samples": Directive.make({
      codec: Codec.integer(1n),
      default: 5n,
      effect: "yes",
      doc: "Keys that are compared to choose one for eviction."
    }),
    "maxmemory-eviction-tenacity": Directive.make({
      codec: Codec.integer(0n, 100n),
      default: 10n,
      effect: "yes",
      doc: "How long eviction may hold up commands: 0 the least, 100 as long as it takes."
    }),
    "lfu-log-factor": Directive.make({
      codec: Codec.integer(0n),
      default: 10n,
      effect: "yes",
      doc: "How slowly the counter of a key's uses grows."
    }),
    "lfu-decay-time": Directive.make({
      codec: Codec.integer(0n),
      default: 1n,
      effect: "yes",
      doc: "Minutes after which an unused key's counter goes down by one."
    }),
    "replica-ignore-maxmemory": Directive.make({
      codec: Codec.yesNo,
      default: true,
      aliases: ["slave-ignore-maxmemory"],
      effect: "yes",
      doc: "A replica evicts nothing by itself and waits for its master to do so."
    }),
    "active-expire-effort": Directive.make({
      codec: Codec.integer(1n, 10n),
      default: 1n,
      effect: "yes",
      doc: "Time spent on finding expired keys before they are used."
    }),
    "lazyfree-lazy-eviction": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Free evicted values in the background."
    }),
    "lazyfree-lazy-expire": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Free expired values in the background."
    }),
    "lazyfree-lazy-server-del": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Free values that a command replaces in the background."
    }),
    "lazyfree-lazy-user-del": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Make DEL work like UNLINK."
    }),
    "lazyfree-lazy-user-flush": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Make FLUSHALL and FLUSHDB asynchronous when they do not say."
    }),
    "jemalloc-bg-thread": Directive.make({
      codec: Codec.yesNo,
      default: true,
      doc: "Give freed memory back in the background."
    }),
    "activedefrag": Directive.make({
      codec: Codec.neverYes(NO_DEFRAG),
      default: false,
      doc: "Move data to fight fragmentation. Needs an allocator that helps, which is not there."
    }),
    "active-defrag-ignore-bytes": Directive.make({
      codec: Codec.memory(1n),
      default: 100n * 1024n ** 2n,
      doc: "Wasted bytes below which nothing is moved."
    }),
    "active-defrag-threshold-lower": Directive.make({
      codec: Codec.integer(0n, 1000n),
      default: 10n,
      doc: "Percent of fragmentation at which moving starts."
    }),
    "active-defrag-threshold-upper": Directive.make({
      codec: Codec.integer(0n, 1000n),
      default: 100n,
      doc: "Percent of fragmentation at which moving takes the most time."
    }),
    "active-defrag-cycle-min": Directive.make({
      codec: Codec.integer(1n, 99n),
      default: 1n,
      doc: "Percent of processor time that moving takes at least."
    }),
    "active-defrag-cycle-max": Directive.make({
      codec: Codec.integer(1n, 99n),
      default: 25n,
      doc: "Percent of processor time that moving takes at most."
    }),
    "active-defrag-max-scan-fields": Directive.make({
      codec: Codec.integer(1n, Codec.Limits.long),
      default: 1000n,
      doc: "Elements of a value that are looked at in one go."
    })
  }
} as const
