/**
 * Keyspace notifications: publishes what happens to keys, as far as `notify-keyspace-events` asks for it
 * (https://redis.io/docs/manual/keyspace-notifications). While it asks for nothing, nobody listens to the store.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Config } from "../config/Config.ts"
import type * as Registry from "../config/Registry.ts"
import * as Bytes from "../memory/Bytes.ts"
import { KeyEventClass, type KeyListener } from "../store/KeyEvents.ts"
import { Store } from "../store/Store.ts"
import { type Hub, PubSub } from "./PubSub.ts"

const OUTLETS = KeyEventClass.keyspace | KeyEventClass.keyevent

/** Publishes events whose class is in `classes`, under the channel of the key, that of the event, or both. */
const listener = (hub: Hub, classes: number): KeyListener => ({
  event: (db, eventClass, event, key, start, end) => {
    if ((classes & eventClass) === 0 || hub.isDeaf) return
    const bytes = Bytes.copyOf(key, start, end)
    if ((classes & KeyEventClass.keyspace) !== 0) {
      hub.publish(Buffer.concat([Buffer.from(`__keyspace@${db}__:`), bytes]), Buffer.from(event))
    }
    if ((classes & KeyEventClass.keyevent) !== 0) hub.publish(Buffer.from(`__keyevent@${db}__:${event}`), bytes)
  }
})

export const layer: Layer.Layer<never, never, Config | PubSub | Store> = Layer.effectDiscard(Effect.gen(function*() {
  const hub = yield* PubSub
  const { state } = yield* Store
  const config = yield* Config
  let stopListening: () => void = () => {}
  const follow = (values: Registry.Values): void => {
    stopListening()
    const classes = values["notify-keyspace-events"]
    const isOn = (classes & OUTLETS) !== 0 && (classes & ~OUTLETS) !== 0
    stopListening = isOn ? state.listen(listener(hub, classes)) : () => {}
  }
  follow(config.values)
  const stopFollowing = config.onChange(["notify-keyspace-events"], follow)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      stopFollowing()
      stopListening()
    })
  )
}))
