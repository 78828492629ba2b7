/** Who may connect and what they may do. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

const NO_YES_LOCAL = Codec.oneOf(["no", "yes", "local"])

export const Security = {
  title: "Security",
  directives: {
    "protected-mode": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Serve only local clients as long as the default user has no password."
    }),
    "requirepass": Directive.make({
      codec: Codec.secret,
      default: "",
      effect: "yes",
      secret: true,
      doc: "Password of the default user; empty asks for none."
    }),
    "aclfile": Directive.make({
      codec: Codec.textOrEmpty("<path>"),
      default: "",
      change: "at start",
      doc: "File with the users and what they may do."
    }),
    "acllog-max-len": Directive.make({
      codec: Codec.integer(0n, Codec.Limits.long),
      default: 128n,
      doc: "Entries that the log of refused commands keeps."
    }),
    "acl-pubsub-default": Directive.make({
      codec: Codec.oneOf(["allchannels", "resetchannels"]),
      default: "resetchannels",
      doc: "Channels that a new user may use."
    }),
    "enable-protected-configs": Directive.make({
      codec: NO_YES_LOCAL,
      default: "no",
      change: "at start",
      effect: "yes",
      doc: "Who may change protected directives while the server runs."
    }),
    "enable-debug-command": Directive.make({
      codec: NO_YES_LOCAL,
      default: "no",
      change: "at start",
      effect: "yes",
      doc: "Who may use DEBUG."
    }),
    "enable-module-command": Directive.make({
      codec: NO_YES_LOCAL,
      default: "no",
      change: "at start",
      doc: "Who may use MODULE."
    }),
    "sanitize-dump-payload": Directive.make({
      codec: Codec.oneOf(["no", "yes", "clients"]),
      default: "no",
      effect: "yes",
      doc: "Check every byte of what is restored or loaded."
    })
  }
} as const
