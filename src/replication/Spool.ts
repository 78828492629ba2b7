/**
 * A snapshot from a master that is received as a whole, into the RDB file, before any of it is loaded:
 * `repl-diskless-load disabled`.
 */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import type { Values } from "../config/Registry.ts"
import { LinkError } from "./LinkError.ts"

const READ_BYTES = 256 * 1024

const attempt = <A>(step: () => Promise<A>): Effect.Effect<A, LinkError> =>
  Effect.tryPromise({
    try: step,
    catch: (error) =>
      new LinkError({
        message:
          `Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA synchronization: `
          + String(error)
      })
  })

const open = (path: string, flags: string) =>
  Effect.acquireRelease(attempt(() => Fs.open(path, flags)), (file) => Effect.promise(() => file.close()))

/** Writes everything into the RDB file and returns the way to read it from there. */
export const received = Effect.fnUntraced(function*(
  pull: Effect.Effect<Uint8Array | undefined, LinkError>,
  values: Values,
  unique: string
) {
  const path = `temp-${unique}.rdb`
  yield* Effect.scoped(Effect.gen(function*() {
    const file = yield* open(path, "w")
    while (true) {
      const chunk = yield* pull
      if (chunk === undefined) break
      yield* attempt(() => file.write(chunk))
    }
    yield* attempt(() => file.sync())
  })).pipe(Effect.onError(() => Effect.promise(() => Fs.rm(path, { force: true }))))
  const target = values.dbfilename
  yield* attempt(() => Fs.rename(path, target))
  const file = yield* open(target, "r")
  if (values["rdb-del-sync-files"] && values.save.length === 0) yield* attempt(() => Fs.rm(target))
  return Effect.map(
    attempt(() => file.read(Buffer.allocUnsafeSlow(READ_BYTES))),
    ({ buffer, bytesRead }) => bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
  )
})
