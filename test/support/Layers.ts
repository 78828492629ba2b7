/** A server without its network side, for tests of commands: every family in the table over a store of its own. */
import * as Layer from "effect/Layer"
import { CommandTable } from "../../src/command/CommandTable.ts"
import * as All from "../../src/commands/All.ts"
import { Config } from "../../src/config/Config.ts"
import type * as Registry from "../../src/config/Registry.ts"
import * as Inspect from "../../src/inspect/Inspect.ts"
import { ReplicationId } from "../../src/replication/ReplicationId.ts"
import { Store } from "../../src/store/Store.ts"

export const commands = (options: Registry.Options = {}) =>
  All.layer.pipe(
    Layer.provideMerge(Inspect.layer),
    Layer.provideMerge(Layer.mergeAll(CommandTable.layer, Store.layerConfig, ReplicationId.layer)),
    Layer.provideMerge(Config.layer(options))
  )
