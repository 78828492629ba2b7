/** What the HELP subcommand of a container answers: status lines with Redis's frame around the container's own. */
import * as Reply from "../resp/Reply.ts"

/** `lines` tell of the subcommands other than HELP: the syntax, then its indented explanation. */
export const help = (container: string, lines: ReadonlyArray<string>): Reply.Reply =>
  Reply.array(
    [
      `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
      ...lines,
      "HELP",
      "    Prints this help."
    ].map(Reply.simple)
  )
