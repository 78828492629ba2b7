/**
 * What Effect's `RateLimiter` keeps, on the in-process server: counters and buckets are keys that expire when they say
 * nothing any more, so that limits hold across restarts and replicas.
 *
 * Windows, buckets and the adaptive phases follow the contract of `RateLimiterStore`.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as RateLimiter from "effect/persistence/RateLimiter"
import { Atomic, type Call } from "../Atomic.ts"
import { loading } from "./Loading.ts"

/** How long an adaptive state outlives the time for which it speaks. */
const GRACE_MILLIS = 60_000
const LONGEST_WINDOW_MILLIS = 3_600_000

type Phase = "cooldown" | "learning" | "learned"

/** What is known of somebody else's limit. */
interface Adaptive {
  readonly phase: Phase
  readonly epoch: number
  /** Unix milliseconds: the end of the cooldown; when the tokens taken so far will have refilled, once learned. */
  readonly until: number
  /** Unix milliseconds: when learning began. */
  readonly since: number
  /** Tokens taken in this phase. */
  readonly taken: number
  /** Learned: so many tokens in so many milliseconds. */
  readonly limit: number
  readonly window: number
}

/** A time between a millisecond and an hour. */
const bounded = (millis: number): number => millis > 0 ? Math.min(millis, LONGEST_WINDOW_MILLIS) : 1

const coolingDown = (epoch: number, until: number): Adaptive => ({
  phase: "cooldown",
  epoch,
  until,
  since: 0,
  taken: 0,
  limit: 0,
  window: 0
})

/** Keys are `prefix` and the limiter's key, with what they hold between them. */
export const layer = (
  options: { readonly prefix?: string } = {}
): Layer.Layer<RateLimiter.RateLimiterStore, never, Atomic> =>
  loading(() => import("effect/persistence/RateLimiter"), (RateLimiter) =>
    Layer.effect(
      RateLimiter.RateLimiterStore,
      Effect.gen(function*() {
        const { run } = yield* Atomic
        const clock = yield* Clock.Clock
        const prefix = options.prefix ?? "ratelimiter:"

        const atomically = <A>(body: (call: Call, now: number) => A) =>
          Effect.mapError(
            run((call) => body(call, clock.currentTimeMillisUnsafe())),
            (cause) =>
              new RateLimiter.RateLimiterError({
                reason: new RateLimiter.RateLimitStoreError({ message: "The server refused the command", cause })
              })
          )

        /** Numbers and names in one string, as long as they matter. */
        const read = (call: Call, key: string): unknown => {
          const text = call("GET", key)
          return typeof text === "string" ? JSON.parse(text) : undefined
        }
        const write = (call: Call, key: string, state: unknown, millis: number): void =>
          void call("SET", key, JSON.stringify(state), "PX", Math.max(1, Math.ceil(millis)))

        const adaptiveKey = (key: string): string => `${prefix}adaptive:${key}`
        const readAdaptive = (call: Call, key: string): Adaptive | undefined =>
          read(call, adaptiveKey(key)) as Adaptive | undefined // written by `write`
        const writeAdaptive = (call: Call, key: string, state: Adaptive, until: number, now: number): void =>
          write(call, adaptiveKey(key), state, until - now + GRACE_MILLIS)

        return RateLimiter.RateLimiterStore.of({
          fixedWindow: ({ key, limit, refillRate, tokens }) =>
            atomically((call, now) => {
              const name = `${prefix}window:${key}`
              const kept = read(call, name) as { readonly count: number; readonly until: number } | undefined
              const { count, until } = kept !== undefined && kept.until > now ? kept : { count: 0, until: now }
              // Beyond the limit nothing is taken, and the window stays as long as it is
              if (limit !== undefined && limit > 0 && count + tokens > limit) {
                return [count + tokens, until - now] as const
              }
              const next = { count: count + tokens, until: until + Duration.toMillis(refillRate) * tokens }
              write(call, name, next, next.until - now)
              return [next.count, next.until - now] as const
            }),
          tokenBucket: ({ allowOverflow, key, limit, refillRate, tokens }) =>
            atomically((call, now) => {
              const name = `${prefix}bucket:${key}`
              const interval = Duration.toMillis(refillRate)
              const kept = read(call, name) as { readonly left: number; readonly since: number } | undefined
              const bucket = kept ?? { left: limit, since: now }
              const refills = Math.max(0, Math.floor((now - bucket.since) / interval))
              const filled = refills > 0 ? Math.min(limit, bucket.left + refills) : bucket.left
              // A full bucket waits for nothing: its next interval begins when something is taken
              const since = filled >= limit ? now : bucket.since + refills * interval
              const left = filled - tokens
              const stays = allowOverflow || left >= 0 ? left : filled
              // When it is full again, no key says the same
              write(call, name, { left: stays, since }, (limit - stays + 1) * interval + since - now)
              return [left, Math.max(0, now - since)] as const
            }),
          adaptiveConsume: ({ fallbackWindow, key, tokens }) =>
            atomically((call, now) => {
              const state = readAdaptive(call, key)
              if (state === undefined) return { delay: Duration.zero, epoch: 0, phase: "inactive" as const }
              const { epoch } = state
              if (state.phase === "cooldown" && state.until > now) {
                return { delay: Duration.millis(state.until - now), epoch, phase: state.phase }
              }
              const learningUntil = (since: number) => since + Duration.toMillis(fallbackWindow)
              if (state.phase === "cooldown") {
                const next = { ...state, phase: "learning" as const, epoch: epoch + 1, since: now, taken: tokens }
                writeAdaptive(call, key, next, learningUntil(now), now)
                return { delay: Duration.zero, epoch: next.epoch, phase: next.phase }
              }
              if (state.phase === "learning") {
                writeAdaptive(call, key, { ...state, taken: state.taken + tokens }, learningUntil(state.since), now)
                return { delay: Duration.zero, epoch, phase: state.phase }
              }
              const perToken = state.window / state.limit
              const rested = state.until <= now
              const taken = (rested ? 0 : state.taken) + tokens
              const until = (rested ? now : state.until) + perToken * tokens
              writeAdaptive(call, key, { ...state, taken, until }, Math.max(until, now + state.window), now)
              // The window in which the last of these tokens falls, counted from when the first one was taken
              const begun = until - taken * perToken
              const opens = begun + Math.floor((taken - 1) / state.limit) * state.window
              return { delay: Duration.millis(Math.max(0, opens - now)), epoch, phase: state.phase }
            }),
          adaptiveFeedback: ({ epoch, key, retryAfter, status, tokens }) =>
            atomically((call, now) => {
              if (status !== 429 || retryAfter === undefined) return
              const wait = bounded(Duration.toMillis(retryAfter))
              const until = now + wait
              const state = readAdaptive(call, key)
              if ((state?.epoch ?? 0) !== epoch) return
              const coolDown = (end: number) => writeAdaptive(call, key, coolingDown(epoch, end), end, now)
              if (state === undefined || state.phase === "learned") return coolDown(until)
              if (state.phase === "cooldown") return coolDown(Math.max(state.until, until))
              // What was let through before this refusal is what the window allows
              const limit = state.taken - tokens
              if (limit <= 0) return coolDown(until)
              const window = bounded(until - state.since)
              const learned: Adaptive = {
                phase: "learned",
                epoch: epoch + 1,
                until: state.since + window,
                since: state.since,
                taken: limit,
                limit,
                window
              }
              writeAdaptive(call, key, learned, now + window, now)
            })
        })
      })
    ))
