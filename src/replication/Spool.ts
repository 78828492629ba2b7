/**
 * A snapshot from a master that is received as a whole, in the place of the server's own, before any of it is loaded:
 * `repl-diskless-load disabled`.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Storage, StorageError } from "../persistence/SnapshotStorage.ts"
import { LinkError } from "./LinkError.ts"
import type { Transfer } from "./SnapshotTransfer.ts"

type Pull = Transfer["pull"]

/** Keeps everything that comes and returns the way to read it. */
export const received = (pull: Pull, storage: Storage): Effect.Effect<Transfer, LinkError, Scope.Scope> =>
  Effect.gen(function*() {
    let failure: LinkError | undefined
    const chunks = Effect.matchEffect(pull, {
      onSuccess: (chunk) => Effect.succeed(chunk === undefined ? undefined : [chunk]),
      // The storage knows only its own errors: what it gives up for is told after it
      onFailure: (error) =>
        Effect.suspend(() => {
          failure = error
          return Effect.interrupt
        })
    })
    const exit = yield* Effect.exit(Effect.mapError(storage.save(chunks, () => {}), failed))
    if (failure !== undefined) return yield* failure
    yield* exit
    const stored = yield* Effect.mapError(storage.open, failed)
    if (stored === undefined) return yield* new LinkError({ message: "the received snapshot is gone" })
    return { size: stored.size, pull: Effect.mapError(stored.next, failed) }
  })

const failed = ({ message }: StorageError): LinkError =>
  new LinkError({
    message: `Failed trying to keep the snapshot needed for MASTER <-> REPLICA synchronization: ${message}`
  })
