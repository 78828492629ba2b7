/** Subcommands that servers do not document: what COMMAND DOCS does not tell, but the tester wants. */
import type { Argument, Grammar } from "./Grammar.ts"

/** `needs` is the container that the server must know. */
export const undocumented: ReadonlyArray<Omit<Grammar, "flags" | "tips"> & { readonly needs: string }> = [
  subcommand("DEBUG", "DIGEST-VALUE", [{ name: "key", type: "key", multiple: true }]),
  subcommand("DEBUG", "PROTOCOL", [{ name: "kind", type: "oneof", arguments: protocolKinds() }]),
  subcommand("DEBUG", "ERROR", [{ name: "message", type: "string" }]),
  subcommand("PFDEBUG", "GETREG", [{ name: "key", type: "key" }]),
  subcommand("PFDEBUG", "ENCODING", [{ name: "key", type: "key" }]),
  subcommand("PFDEBUG", "TODENSE", [{ name: "key", type: "key" }])
]

function subcommand(container: string, word: string, args: ReadonlyArray<Argument>) {
  const group = container === "DEBUG" ? "server" : "hyperloglog"
  return { name: `${container} ${word}`, words: [container, word], group, arguments: args, needs: container }
}

/** All but `push`, which is answered twice. */
function protocolKinds(): ReadonlyArray<Argument> {
  const kinds = [
    "string",
    "integer",
    "double",
    "null",
    "array",
    "set",
    "map",
    "attrib",
    "verbatim",
    "true",
    "false",
    "bignum"
  ]
  return kinds.map((name) => ({ name, type: "pure-token", token: name }))
}
