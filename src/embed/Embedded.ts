/**
 * A whole server inside an app, as one layer: store, commands, connections and an in-process client. Nothing listens,
 * unless `RedisServer.layer` is added; each layer built is a server of its own.
 *
 * ```ts
 * const Redis = Embedded.layer({ maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" })
 * ```
 *
 * Options are the directives of `docs/configuration.md`; one that is not valid fails the layer with a
 * `ConfigFileError`, which names it.
 */
import * as Layer from "effect/Layer"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import { stacked } from "../Layers.ts"
import { Atomic } from "./Atomic.ts"
import { Client } from "./Client.ts"
import { Commands } from "./Commands.ts"
import * as Services from "./Services.ts"

export const layer = (options: Registry.Options = {}) =>
  Layer.fresh(stacked(Config.layer(options), Services.layer, Client.layer, Atomic.layer, Commands.layer))
