/** How the server is looked into: directives of our own, which Redis does not have. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

export const Inspection = {
  title: "Looking into it: not in Redis",
  directives: {
    "trace": Directive.make({
      codec: Codec.oneOf(["auto", "yes", "no"]),
      default: "auto",
      effect: "yes",
      ours: true,
      doc: "Make a span of every command; `auto` does so where somebody takes the spans."
    }),
    "trace-values": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      ours: true,
      doc: "Record the arguments of commands in their spans, keys and values."
    })
  }
} as const
