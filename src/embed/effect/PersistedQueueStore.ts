/**
 * What Effect's `PersistedQueue` keeps, on the in-process server: elements that survive a restart with the server's data.
 * One of these layers works on a server at a time (beside others with another prefix): what is being worked on when it is built
 * was left behind by a crash, and is offered again.
 *
 * A queue's keys: an element is a hash (what, attempts, state); `ready` lists ids in order; `later` has them by the time from
 * which they are to be had; `working`, `completed` and `failed` by the time at which they came there.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Predicate from "effect/Predicate"
import { Atomic, type Call } from "../Atomic.ts"
import type { ReplyError } from "../Value.ts"
import { loading } from "./Loading.ts"

/** How Effect marks the failure of an element that no attempt can save: it could not be decoded. */
const DEAD_LETTER = "~effect/persistence/PersistedQueue/DeadLetter"

const isDead = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => Cause.isFailReason(reason) && Predicate.isTagged(reason.error, DEAD_LETTER))

/** Elements that a cleanup looks at in one turn. */
const CLEANED_AT_ONCE = 1000

class Keys {
  readonly ready: string
  readonly later: string
  readonly working: string
  readonly completed: string
  readonly failed: string
  private readonly prefix: string

  constructor(prefix: string, name: string) {
    this.prefix = `${prefix}${name}:`
    this.ready = `${this.prefix}ready`
    this.later = `${this.prefix}later`
    this.working = `${this.prefix}working`
    this.completed = `${this.prefix}completed`
    this.failed = `${this.prefix}failed`
  }

  element(id: string): string {
    return `${this.prefix}element:${id}`
  }
}

/** What a look at a queue came to: an element, or the time of the next one. */
type Looked =
  | { readonly id: string; readonly attempts: number; readonly element: unknown }
  | { readonly nextAt: number }

/** Makes those ready whose time has come. */
const makeDueReady = (call: Call, keys: Keys, now: number): void => {
  const due = call("ZRANGE", keys.later, "-inf", now, "BYSCORE") as ReadonlyArray<string> // ZRANGE's reply
  for (const id of due) {
    call("ZREM", keys.later, id)
    call("RPUSH", keys.ready, id)
  }
}

const takeNext = (call: Call, keys: Keys, now: number, maxAttempts: number): Looked => {
  makeDueReady(call, keys, now)
  while (true) {
    const id = call("LPOP", keys.ready)
    if (typeof id !== "string") break
    const text = call("HGET", keys.element(id), "element")
    const attempts = Number(call("HGET", keys.element(id), "attempts")) + 1
    // Deleted behind the queue's back, or given up by a queue with fewer attempts
    if (typeof text !== "string" || attempts > maxAttempts) continue
    call("HSET", keys.element(id), "attempts", attempts)
    call("ZADD", keys.working, now, id)
    return { id, attempts, element: JSON.parse(text) }
  }
  const [, at = "inf"] = (call("ZRANGE", keys.later, 0, 0, "WITHSCORES") as ReadonlyArray<unknown>).flat()
  return { nextAt: Number(at) }
}

export const layer = (
  options: { readonly prefix?: string } = {}
): Layer.Layer<PersistedQueue.PersistedQueueStore, never, Atomic> =>
  loading(() => import("effect/persistence/PersistedQueue"), (PersistedQueue) =>
    Layer.effect(
      PersistedQueue.PersistedQueueStore,
      Effect.gen(function*() {
        const { run } = yield* Atomic
        const clock = yield* Clock.Clock
        const prefix = options.prefix ?? "queue:"
        const namesKey = `${prefix}names`
        const latches = new Map<string, Latch.Latch>()

        const latchOf = (name: string): Latch.Latch => {
          const known = latches.get(name)
          if (known !== undefined) return known
          const made = Latch.makeUnsafe(false)
          latches.set(name, made)
          return made
        }

        const atomically = <A>(body: (call: Call, now: number) => A): Effect.Effect<A, ReplyError> =>
          run((call) => body(call, clock.currentTimeMillisUnsafe()))
        const failure = Effect.mapError((cause: ReplyError) =>
          new PersistedQueue.PersistedQueueError({ message: "The server refused the command", cause })
        )

        /** Ends an attempt: the element is done, given up, or to be had again from some time on. */
        const settle = (
          name: string,
          id: string,
          maxAttempts: number,
          exit: Exit.Exit<unknown, unknown>,
          delay: number
        ) =>
          atomically((call, now) => {
            const keys = new Keys(prefix, name)
            call("ZREM", keys.working, id)
            if (Exit.isSuccess(exit)) return void call("ZADD", keys.completed, now, id)
            if (isDead(exit.cause)) return void call("ZADD", keys.failed, now, id)
            if (Cause.hasInterruptsOnly(exit.cause)) {
              call("HINCRBY", keys.element(id), "attempts", -1)
              return void call("LPUSH", keys.ready, id)
            }
            const attempts = Number(call("HGET", keys.element(id), "attempts"))
            if (attempts >= maxAttempts) return void call("ZADD", keys.failed, now, id)
            call("ZADD", keys.later, now + delay, id)
          }).pipe(
            Effect.orDie,
            Effect.ensuring(Effect.sync(() => latchOf(name).openUnsafe()))
          )

        // What a server that went down was working on
        yield* Effect.orDie(atomically((call) => {
          for (const name of call("SMEMBERS", namesKey) as ReadonlyArray<string>) {
            const keys = new Keys(prefix, name)
            for (const id of call("ZRANGE", keys.working, 0, -1) as ReadonlyArray<string>) {
              call("HINCRBY", keys.element(id), "attempts", -1)
              call("RPUSH", keys.ready, id)
            }
            call("DEL", keys.working)
          }
        }))

        return PersistedQueue.PersistedQueueStore.of({
          offer: ({ delay, element, id, name }) =>
            failure(atomically((call, now) => {
              const keys = new Keys(prefix, name)
              // An id that was offered before, done or not, is not offered again
              if (call("HSETNX", keys.element(id), "element", JSON.stringify(element)) === 0) return
              call("SADD", namesKey, name)
              call("HSET", keys.element(id), "attempts", 0)
              if (delay === undefined) call("RPUSH", keys.ready, id)
              else call("ZADD", keys.later, now + Duration.toMillis(delay), id)
              latchOf(name).openUnsafe()
            })),

          take: Effect.fnUntraced(function*({ maxAttempts, name, retryDelay }) {
            const keys = new Keys(prefix, name)
            const latch = latchOf(name)
            while (true) {
              // Closed before the look: what comes after it opens the latch again
              latch.closeUnsafe()
              const looked = yield* failure(atomically((call, now) => takeNext(call, keys, now, maxAttempts)))
              if ("nextAt" in looked) {
                const wait = looked.nextAt - clock.currentTimeMillisUnsafe()
                yield* looked.nextAt === Infinity ? latch.await : Effect.race(latch.await, Effect.sleep(wait))
                continue
              }
              // Others may find more
              latch.openUnsafe()
              yield* Effect.addFinalizer((exit) =>
                Effect.flatMap(
                  Exit.isSuccess(exit) ? Effect.succeed(Duration.zero) : retryDelay(looked.attempts),
                  (delay) => settle(name, looked.id, maxAttempts, exit, Duration.toMillis(delay))
                )
              )
              return looked
            }
          }),

          cleanup: ({ failedTimeToLive, timeToLive }) =>
            failure(Effect.gen(function*() {
              const names = yield* run((call) => call("SMEMBERS", namesKey) as ReadonlyArray<string>)
              for (const name of names) {
                const keys = new Keys(prefix, name)
                const olderThan = function*(list: string, age: Duration.Duration) {
                  while (true) {
                    const removed = yield* atomically((call, now) => {
                      const limit = ["LIMIT", 0, CLEANED_AT_ONCE]
                      const before = now - Duration.toMillis(age)
                      const ids = call("ZRANGE", list, "-inf", before, "BYSCORE", ...limit) as ReadonlyArray<string>
                      if (ids.length > 0) {
                        call("ZREM", list, ...ids)
                        call("UNLINK", ...ids.map((id) => keys.element(id)))
                      }
                      return ids.length
                    })
                    if (removed < CLEANED_AT_ONCE) return
                  }
                }
                yield* Effect.gen(() => olderThan(keys.completed, timeToLive))
                if (failedTimeToLive !== undefined) yield* Effect.gen(() => olderThan(keys.failed, failedTimeToLive))
              }
            }))
        })
      })
    ))
