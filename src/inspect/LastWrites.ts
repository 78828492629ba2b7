/**
 * Who last wrote the keys that clients wait for: the question of somebody who looks at a client that hangs. It listens
 * only while somebody waits, so that writes cost what they cost otherwise.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { Waiters } from "../command/Waiters.ts"
import { Store } from "../store/Store.ts"

export interface LastWrite {
  /** Id of the client; 0 for the server itself: expiry, eviction. */
  readonly client: number
  /** In lower case. */
  readonly command: string
  /** Unix milliseconds. */
  readonly at: number
}

/** Keys that are remembered: far more than anybody waits for in practice. */
const MOST_KEYS = 10_000

const keyId = (db: number, key: Uint8Array, start: number, end: number): string =>
  `${db}:${Buffer.from(key.buffer, key.byteOffset + start, end - start).toString("latin1")}`

export class LastWrites extends Context.Service<LastWrites, {
  /** The last write of a key since clients have been waiting, if it was one that somebody waited for. */
  readonly of: (db: number, key: Uint8Array) => LastWrite | undefined
}>()("go-redis/inspect/LastWrites") {
  static readonly layer: Layer.Layer<LastWrites, never, Waiters | ClientRegistry | Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const { state } = yield* Store
      const { clients } = yield* ClientRegistry
      const waiters = yield* Waiters
      const writes = new Map<string, LastWrite>()
      let stop: (() => void) | undefined

      const modified = (db: number, key: Uint8Array, start: number, end: number): void => {
        const bytes = key.subarray(start, end)
        if (waiters.on(db, bytes)[Symbol.iterator]().next().done === true) return
        const id = keyId(db, key, start, end)
        writes.delete(id)
        writes.set(id, {
          client: state.client,
          command: clients.byId.get(state.client)?.commandName ?? "",
          at: state.now
        })
        const oldest = writes.size > MOST_KEYS ? writes.keys().next().value : undefined
        if (oldest !== undefined) writes.delete(oldest)
      }
      const follow = (waiting: boolean): void => {
        stop?.()
        stop = waiting ? state.listen({ modified }) : undefined
        if (!waiting) writes.clear()
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          state.onWaiting = follow
        }),
        () =>
          Effect.sync(() => {
            state.onWaiting = () => {}
            follow(false)
          })
      )
      return LastWrites.of({ of: (db, key) => writes.get(keyId(db, key, 0, key.length)) })
    })
  )
}
