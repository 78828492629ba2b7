/** Up to which size values are kept in their compact encodings. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

const COUNT = Codec.integer(0n, Codec.Limits.long)

export const DataTypes = {
  title: "Encodings of values",
  directives: {
    "hash-max-listpack-entries": Directive.make({
      codec: COUNT,
      default: 512n,
      aliases: ["hash-max-ziplist-entries"],
      effect: "yes",
      doc: "Fields of a hash that is kept compact."
    }),
    "hash-max-listpack-value": Directive.make({
      codec: Codec.memory(),
      default: 64n,
      aliases: ["hash-max-ziplist-value"],
      effect: "yes",
      doc: "Bytes of the longest field or value of a hash that is kept compact."
    }),
    "list-max-listpack-size": Directive.make({
      codec: Codec.integer(Codec.Limits.minInt),
      default: -2n,
      effect: "yes",
      aliases: ["list-max-ziplist-size"],
      doc: "Size of a list's nodes: elements, or -1 to -5 for 4, 8, 16, 32 and 64 kilobytes."
    }),
    "list-compress-depth": Directive.make({
      codec: Codec.integer(0n),
      default: 0n,
      effect: "yes",
      doc: "Nodes at either end of a list that stay uncompressed; 0 compresses none, and inner nodes are only packed."
    }),
    "set-max-intset-entries": Directive.make({
      codec: COUNT,
      default: 512n,
      effect: "yes",
      doc: "Members of a set of integers that is kept compact."
    }),
    "zset-max-listpack-entries": Directive.make({
      codec: COUNT,
      default: 128n,
      aliases: ["zset-max-ziplist-entries"],
      effect: "yes",
      doc: "Members of a sorted set that is kept compact."
    }),
    "zset-max-listpack-value": Directive.make({
      codec: Codec.memory(),
      default: 64n,
      aliases: ["zset-max-ziplist-value"],
      effect: "yes",
      doc: "Bytes of the longest member of a sorted set that is kept compact."
    }),
    "hll-sparse-max-bytes": Directive.make({
      codec: Codec.memory(),
      default: 3000n,
      effect: "yes",
      doc: "Bytes of a HyperLogLog that is kept sparse."
    }),
    "stream-node-max-bytes": Directive.make({
      codec: Codec.memory(),
      default: 4096n,
      effect: "yes",
      doc: "Bytes of a stream's node; 0 sets no limit."
    }),
    "stream-node-max-entries": Directive.make({
      codec: COUNT,
      default: 100n,
      effect: "yes",
      doc: "Entries of a stream's node; 0 sets no limit."
    })
  }
} as const
