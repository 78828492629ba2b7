/**
 * What happens in the server as Streams, without a connection: messages, key events, keys that changed. A stream
 * subscribes when it is run and unsubscribes when it ends.
 *
 * ```ts
 * yield* Subscriptions.channels(["news"]).pipe(
 *   Stream.runForEach(({ message }) => Effect.log(Buffer.from(message).toString()))
 * )
 * ```
 *
 * Nobody waits for a stream that is not read: what it has not taken is kept up to a capacity, and beyond it the stream
 * fails with `SubscriberTooSlow`, as Redis closes a subscriber's connection.
 */
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as KeyspaceEvents from "../config/KeyspaceEvents.ts"
import * as Bytes from "../memory/Bytes.ts"
import type { Subscriber } from "../pubsub/Channels.ts"
import { nameOf, PubSub } from "../pubsub/PubSub.ts"
import { Store } from "../store/Store.ts"

/** The stream was not read for so long that more had come than it keeps. */
export class SubscriberTooSlow extends Data.TaggedError("SubscriberTooSlow")<{ readonly capacity: number }> {
  override get message(): string {
    return `more than ${this.capacity} messages were not read`
  }
}

export interface Options {
  /** How many messages are kept for a stream that is not read: 16,384 unless given. */
  readonly capacity?: number | undefined
}

export interface ChannelMessage {
  readonly channel: string
  readonly message: Uint8Array
  /** The pattern by which it came. */
  readonly pattern: string | undefined
}

export interface KeyEvent {
  readonly db: number
  readonly key: Uint8Array
  /** Redis's name for it, such as `set`, `expired`, `del`. */
  readonly event: string
}

/** A key that is not what it was; undefined for all keys of a database, or of every one (-1). */
export interface Invalidation {
  readonly db: number
  readonly key: Uint8Array | undefined
}

const CAPACITY = 16_384

/** A stream of what `subscribe` offers; what it returns ends the subscription. */
const listening = <A, R>(
  options: Options,
  subscribe: (offer: (value: A) => void) => Effect.Effect<() => void, never, R>
): Stream.Stream<A, SubscriberTooSlow, R> => {
  const capacity = options.capacity ?? CAPACITY
  return Stream.callback<A, SubscriberTooSlow, R>(
    (queue) => {
      const offer = (value: A): void => {
        if (Queue.offerUnsafe(queue, value)) return
        Queue.failCauseUnsafe(queue, Cause.fail(new SubscriberTooSlow({ capacity })))
      }
      return Effect.acquireRelease(subscribe(offer), (stop) => Effect.sync(stop))
    },
    { bufferSize: capacity, strategy: "dropping" }
  )
}

interface Index {
  readonly add: (name: string, subscriber: Subscriber) => void
  readonly remove: (name: string, subscriber: Subscriber) => void
}

const messages = (options: Options, names: ReadonlyArray<string>, index: (hub: PubSub["Service"]) => Index) =>
  listening<ChannelMessage, PubSub>(options, (offer) =>
    PubSub.useSync((hub) => {
      const known = names.map((name) => nameOf(Buffer.from(name)))
      const subscriber: Subscriber = {
        deliver: ({ channel, pattern, payload }) =>
          offer({
            channel: Buffer.from(channel).toString(),
            message: Bytes.copyOf(payload, 0, payload.length),
            pattern: pattern === undefined ? undefined : Buffer.from(pattern).toString()
          })
      }
      for (const name of known) index(hub).add(name, subscriber)
      return () => known.forEach((name) => index(hub).remove(name, subscriber))
    }))

/** The messages on channels, whoever publishes them. */
export const channels = (
  names: ReadonlyArray<string>,
  options: Options = {}
): Stream.Stream<ChannelMessage, SubscriberTooSlow, PubSub> => messages(options, names, (hub) => hub.channels)

/** The messages on all channels that match glob patterns; once for each pattern. */
export const patterns = (
  globs: ReadonlyArray<string>,
  options: Options = {}
): Stream.Stream<ChannelMessage, SubscriberTooSlow, PubSub> => messages(options, globs, (hub) => hub.patterns)

/** The messages on shard channels. */
export const shardChannels = (
  names: ReadonlyArray<string>,
  options: Options = {}
): Stream.Stream<ChannelMessage, SubscriberTooSlow, PubSub> => messages(options, names, (hub) => hub.shards)

/**
 * What happens to keys, whatever `notify-keyspace-events` publishes to clients.
 *
 * **Details**
 *
 * `classes` has the letters of `notify-keyspace-events`: `A` unless given, which is everything but `m` (look-ups of keys
 * that are not there) and `n` (new keys).
 */
export const keyEvents = (
  options: Options & { readonly classes?: string | undefined } = {}
): Stream.Stream<KeyEvent, SubscriberTooSlow, Store> => {
  const classes = KeyspaceEvents.parse(options.classes ?? "A") ?? KeyspaceEvents.ALL
  return listening<KeyEvent, Store>(options, (offer) =>
    Store.useSync(({ state }) =>
      state.listen({
        event: (db, eventClass, event, key, start, end) => {
          if ((classes & eventClass) !== 0) offer({ db, key: Bytes.copyOf(key, start, end), event })
        }
      })
    ))
}

/** The keys that are not what they were: for a cache of the app's own in front of the store. */
export const invalidations = (options: Options = {}): Stream.Stream<Invalidation, SubscriberTooSlow, Store> =>
  listening<Invalidation, Store>(options, (offer) =>
    Store.useSync(({ state }) =>
      state.listen({
        modified: (db, key, start, end) => offer({ db, key: Bytes.copyOf(key, start, end) }),
        flushed: (db) => offer({ db, key: undefined }),
        swapped: (first, second) => {
          offer({ db: first, key: undefined })
          offer({ db: second, key: undefined })
        }
      })
    ))

/** Publishes a message to everybody who subscribes, here and on the replicas; returns how many got it here. */
export const publish = (channel: string, message: string | Uint8Array): Effect.Effect<number, never, PubSub | Store> =>
  Effect.flatMap(PubSub, (hub) =>
    Store.useSync(({ state: { propagation } }) => {
      const [to, payload] = [Buffer.from(channel), Buffer.from(message)]
      if (propagation.active) {
        propagation.add(0, [PUBLISH, to, payload])
        propagation.flush()
      }
      return hub.publish(to, payload)
    }))

const PUBLISH = Buffer.from("PUBLISH")
