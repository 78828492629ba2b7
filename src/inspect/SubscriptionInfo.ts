/** What INFO tells of channels and patterns, and of client-side caching. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PubSub } from "../pubsub/PubSub.ts"
import { Tracking } from "../pubsub/Tracking.ts"
import { InfoSections } from "./InfoSections.ts"

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<never, never, InfoSections | PubSub | Tracking> = Layer.effectDiscard(
  Effect.gen(function*() {
    const info = yield* InfoSections
    const { channels, patterns, shards } = yield* PubSub
    const tracker = yield* Tracking
    const stopClients = info.provide("clients", () => [["tracking_clients", tracker.size]])
    const stopStats = info.provide("stats", () => [
      ["pubsub_channels", channels.size],
      ["pubsub_patterns", patterns.size],
      ["pubsubshard_channels", shards.size],
      ["tracking_total_keys", tracker.table.size],
      ["tracking_total_items", tracker.table.items],
      ["tracking_total_prefixes", tracker.broadcasts.size]
    ])
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        stopClients()
        stopStats()
      })
    )
  })
)
