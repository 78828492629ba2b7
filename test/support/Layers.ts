/** A server without its network side, for tests of commands: every family in the table over a store of its own. */
import * as Layer from "effect/Layer"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import * as Services from "../../src/embed/Services.ts"

export const commands = (options: Registry.Options = {}) =>
  Services.commands.pipe(Layer.provideMerge(Config.layer(options)))
