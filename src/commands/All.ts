/** Every family of commands; one that is left out of this list does not exist for the server. */
import * as Layer from "effect/Layer"
import * as CommandCommands from "./CommandCommands.ts"
import * as Keys from "./Keys.ts"
import * as Keyspaces from "./Keyspaces.ts"
import * as Strings from "./Strings.ts"

export const layer = Layer.mergeAll(
  CommandCommands.layer,
  Keys.layer,
  Keyspaces.layer,
  Strings.layer
)
