/** Assertions on what takes its time: tried again until they hold. How long is the patience of the test's own limit. */
import * as Effect from "effect/Effect"

export const eventually = (check: () => void): Effect.Effect<void> =>
  Effect.suspend(() => {
    try {
      check()
      return Effect.void
    } catch {
      return Effect.andThen(Effect.sleep(50), eventually(check))
    }
  }).pipe(
    Effect.timeoutOrElse({ duration: "30 seconds", orElse: () => Effect.sync(check) })
  )
