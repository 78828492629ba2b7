/**
 * A replica in the app: the data of a Redis that is in production, followed in this process. Reads take no network, and
 * what changes over there is an event here. The production server sees one more replica, and nothing is written to it.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Commands, Embedded, Subscriptions } from "go-redis"

/** The server that is followed. A password goes into `masterauth`. */
export interface Master {
  readonly host: string
  readonly port: number
}

/** A copy of the master's data, which is read like any server and refuses to be written to. Nobody connects to it. */
export const replicaOf = ({ host, port }: Master) => Embedded.layer({ replicaof: `${host} ${port}`, port: 0 })

/** Waits until the master's snapshot is here and its commands arrive. */
export const connected = Effect.gen(function*() {
  const { role } = yield* Commands
  yield* Effect.repeat(role(), {
    until: (now) => now.role === "slave" && now.state === "connected",
    schedule: Schedule.spaced("20 millis")
  })
})

/** The prices as they are at the master: now, and whenever one changes. */
export const prices = Stream.unwrap(Effect.gen(function*() {
  const redis = yield* Commands
  yield* connected
  const changes = Subscriptions.invalidations().pipe(
    // No key: all data is other, because the master was flushed or sent a new snapshot
    Stream.filter(({ key }) => key === undefined || Buffer.from(key).toString() === "prices")
  )
  // It listens before it looks for the first time: no change falls between the two
  return Stream.merge(changes, Stream.make("now")).pipe(Stream.mapEffect(() => redis.hgetall("prices")))
}))

if (import.meta.main) {
  const [, , host = "127.0.0.1", port = "6379"] = process.argv
  const watch = Stream.runForEach(prices, (all) => Effect.log(Object.fromEntries(all)))
  Effect.runFork(Effect.provide(watch, replicaOf({ host, port: Number(port) })))
}
