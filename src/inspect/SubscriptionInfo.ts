/** What INFO tells of channels and patterns. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PubSub } from "../pubsub/PubSub.ts"
import { InfoSections } from "./InfoSections.ts"

/** Provides the fields while the layer lives. */
export const layer: Layer.Layer<never, never, InfoSections | PubSub> = Layer.effectDiscard(Effect.gen(function*() {
  const info = yield* InfoSections
  const { channels, patterns, shards } = yield* PubSub
  const stop = info.provide("stats", () => [
    ["pubsub_channels", channels.size],
    ["pubsub_patterns", patterns.size],
    ["pubsubshard_channels", shards.size]
  ])
  yield* Effect.addFinalizer(() => Effect.sync(stop))
}))
