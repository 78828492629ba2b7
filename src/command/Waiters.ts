/**
 * Blocked clients. One that finds nothing to take registers on its keys and suspends its fiber; the command, EXEC or
 * script that gives one of the keys something serves those who wait for it, first come first served, in its own turn
 * (`serveReady`): what is popped for a waiter can be lost or stolen no more.
 *
 * Serving answers the waiter at once, while the data is what the reply says. Its fiber goes on later, through its
 * dispatcher: it may have more commands to run, which must not run inside somebody else's.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type * as Arena from "../memory/Arena.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import type { Type } from "../store/Entry.ts"
import { Store } from "../store/Store.ts"
import * as CommandError from "./CommandError.ts"
import type { Session } from "./Session.ts"

/** What a client waits for. */
export interface Wait {
  /** Its keys, in the order of the request; their bytes are the waiter's own. */
  readonly keys: ReadonlyArray<Uint8Array>
  /** The type of value that can serve it. */
  readonly type: Type
  /** Milliseconds; 0: for ever. */
  readonly timeout: number
  /** The reply when the time is over. */
  readonly timedOut: Reply.Reply
  /**
   * Called when a key has a value of that type: takes what it wants and yields the reply, undefined to go on waiting,
   * or throws the `CommandError` that ends the wait.
   */
  readonly serve: (db: Database, key: Uint8Array, ref: Arena.Ref) => Reply.Reply | undefined
  /** Ends the wait when a key is deleted or becomes a value of another type (`ref` is 0 for none). */
  readonly gone?: (ref: Arena.Ref) => Reply.Reply | undefined
}

/** A client that waits now. */
export interface Waiter {
  readonly session: Session
  readonly db: number
  readonly wait: Wait | undefined
  /** Unix milliseconds. */
  readonly since: number
}

class Registration implements Waiter {
  readonly session: Session
  readonly db: number
  readonly wait: Wait | undefined
  readonly since: number
  /** Whether it has been answered; its fiber may still be on its way. */
  answered = false
  resume: () => void = () => {}

  constructor(session: Session, wait: Wait | undefined, since: number) {
    this.session = session
    this.db = session.db
    this.wait = wait
    this.since = since
  }
}

const keyId = (db: number, key: Uint8Array): string => `${db}:${Buffer.from(key).toString("latin1")}`

/** Who wants to follow waits from beginning to end: tracing. */
export interface WaitObserver {
  readonly began: (waiter: Waiter) => void
  readonly ended: (waiter: Waiter) => void
}

export class Waiters extends Context.Service<Waiters, {
  /** Suspends a client until one of its keys can serve it. In MULTI or a script nothing waits: the time is over at once. */
  readonly block: (session: Session, wait: Wait) => Effect.Effect<Reply.Reply, CommandError.CommandError>
  /**
   * Suspends a client until `answer` is called, for waits that are not about keys. `register` is given it and returns
   * what takes the registration back.
   */
  readonly suspend: (
    session: Session,
    options: {
      readonly timeout: number
      /** Built when the time is over. */
      readonly timedOut: () => Reply.Reply
      readonly register: (answer: (reply: Reply.Reply) => void) => () => void
    }
  ) => Effect.Effect<Reply.Reply, CommandError.CommandError>
  /** Answers all who wait with an error and ends their connections: the server has become another's replica. */
  readonly disconnectAll: (error: CommandError.CommandError) => void
  /** Serves whom the keys that have become ready can serve; called when a command, EXEC or script is done. */
  readonly serveReady: () => void
  /** All who wait, oldest first. */
  readonly all: () => Iterable<Waiter>
  readonly count: () => number
  /** Lets somebody follow every wait; undefined for nobody. */
  readonly observe: (observer: WaitObserver | undefined) => void
  /** Lets somebody run what serves a waiter: what changes in it is that client's doing. Undefined for nobody. */
  readonly serveThrough: (run: ((session: Session, serve: () => void) => void) | undefined) => void
  /** Those who wait for a key, in the order in which they will be served. */
  readonly on: (db: number, key: Uint8Array) => Iterable<Waiter>
}>()("go-redis/command/Waiters") {
  static readonly layer: Layer.Layer<Waiters, never, Store> = Layer.effect(
    this,
    Effect.gen(function*() {
      const store = yield* Store
      const clock = yield* Clock.Clock
      const state = store.state
      const waiting = new Set<Registration>()
      const byKey = new Map<string, Set<Registration>>()
      /** Clients that wait for each type: while there are none, nobody notes what becomes ready. */
      const byType = new Map<Type, number>()

      let observer: WaitObserver | undefined
      let through: ((session: Session, serve: () => void) => void) | undefined

      const count = (type: Type, by: number): void => {
        const next = (byType.get(type) ?? 0) + by
        byType.set(type, next)
        if (next > 0) state.awaitedTypes |= 1 << type
        else state.awaitedTypes &= ~(1 << type)
      }

      const register = (waiter: Registration): void => {
        waiting.add(waiter)
        observer?.began(waiter)
        if (waiter.wait === undefined) return
        if (byKey.size === 0) state.onWaiting(true)
        count(waiter.wait.type, 1)
        for (const key of waiter.wait.keys) {
          const id = keyId(waiter.db, key)
          const waiters = byKey.get(id)
          if (waiters === undefined) byKey.set(id, new Set([waiter]))
          else waiters.add(waiter)
        }
      }

      const unregister = (waiter: Registration): void => {
        if (!waiting.delete(waiter)) return
        observer?.ended(waiter)
        waiter.session.blocked = undefined
        if (waiter.wait === undefined) return
        count(waiter.wait.type, -1)
        for (const key of waiter.wait.keys) {
          const id = keyId(waiter.db, key)
          const waiters = byKey.get(id)
          waiters?.delete(waiter)
          if (waiters?.size === 0) byKey.delete(id)
        }
        if (byKey.size === 0) state.onWaiting(false)
      }

      /** Answers a waiter now and lets its fiber go on later. */
      const answer = (waiter: Registration, reply: Reply.Reply): void => {
        if (waiter.answered) return
        waiter.answered = true
        unregister(waiter)
        reply.encode(waiter.session.out)
        waiter.session.link?.flushLater()
        waiter.resume()
      }

      /** The fiber's wait: ends by `answer`, by the timeout, or by interruption when the connection goes. */
      const waitFor = (
        waiter: Registration,
        timeout: number,
        timedOut: () => Reply.Reply,
        release: () => void
      ): Effect.Effect<Reply.Reply> => {
        const answered = Effect.withFiber<Reply.Reply>((fiber) =>
          Effect.callback<Reply.Reply>((resume) => {
            // What was answered is written already.
            const proceed = () => resume(Exit.succeed(Reply.none))
            waiter.resume = () => fiber.currentDispatcher.scheduleTask(proceed, 0)
            if (waiter.answered) waiter.resume()
          })
        )
        const waited = timeout === 0 ? answered : Effect.raceFirst(
          answered,
          Effect.flatMap(Effect.sleep(timeout), () => {
            if (waiter.answered) return Effect.never
            waiter.answered = true
            return Effect.succeed(timedOut())
          })
        )
        return Effect.onExit(waited, () =>
          Effect.sync(() => {
            waiter.answered = true
            unregister(waiter)
            release()
          }))
      }

      const begin = (session: Session, wait: Wait | undefined, timedOut: () => Reply.Reply): Registration => {
        const waiter = new Registration(session, wait, clock.currentTimeMillisUnsafe())
        session.blocked = {
          unblock: (withError) => answer(waiter, withError ? CommandError.unblocked : timedOut())
        }
        register(waiter)
        return waiter
      }

      const serve = (waiter: Registration, wait: Wait, db: Database, key: Uint8Array): void => {
        if (through === undefined) serveNow(waiter, wait, db, key)
        else through(waiter.session, () => serveNow(waiter, wait, db, key))
      }

      const serveNow = (waiter: Registration, wait: Wait, db: Database, key: Uint8Array): void => {
        const ref = db.find(key, 0, key.length)
        const fits = ref !== 0 && db.type(ref) === wait.type
        let reply: Reply.Reply | undefined
        try {
          reply = fits ? wait.serve(db, key, ref) : wait.gone?.(ref)
        } catch (error) {
          if (!(error instanceof CommandError.CommandError)) throw error
          reply = error
        }
        if (reply === undefined) return
        answer(waiter, reply)
        state.propagation.flush()
      }

      const serveReady = (): void => {
        // Serving may make further keys ready: BLMOVE pushes to another list.
        while (state.readyKeys.length > 0) {
          const ready = state.readyKeys
          state.readyKeys = []
          for (const { db: { index }, key } of ready) {
            // Found again: FLUSHALL may have put another in its place.
            const db = store.database(index)
            for (const waiter of byKey.get(keyId(index, key)) ?? []) {
              const wait = waiter.wait
              if (wait === undefined) continue
              serve(waiter, wait, db, key)
              if (wait.gone === undefined && db.find(key, 0, key.length) === 0) break
            }
          }
        }
      }
      state.onReady = serveReady

      /** All keys that somebody waits for in a database may come or go; `ready` will have its number by then. */
      const lookAgain = (index: number, ready: Database): void => {
        for (const { db, wait } of waiting) {
          if (db !== index) continue
          for (const key of wait?.keys ?? []) state.readyKeys.push({ db: ready, key })
        }
      }
      const stopListening = state.listen({
        flushed: (index) => {
          const { databases } = Ref.getUnsafe(store.keyspace)
          for (const db of index < 0 ? databases : [store.database(index)]) lookAgain(db.index, db)
        },
        swapped: (first, second) => {
          lookAgain(first, store.database(second))
          lookAgain(second, store.database(first))
        }
      })
      yield* Effect.addFinalizer(() => Effect.sync(stopListening))

      return Waiters.of({
        block: (session, wait) =>
          Effect.suspend(() => {
            if (session.denyBlocking) return Effect.succeed(wait.timedOut)
            const waiter = begin(session, wait, () => wait.timedOut)
            return waitFor(waiter, wait.timeout, () => wait.timedOut, () => {})
          }),
        suspend: (session, options) =>
          Effect.suspend(() => {
            if (session.denyBlocking) return Effect.succeed(options.timedOut())
            const waiter = begin(session, undefined, options.timedOut)
            const release = options.register((reply) => answer(waiter, reply))
            return waitFor(waiter, options.timeout, options.timedOut, release)
          }),
        disconnectAll: (error) => {
          for (const waiter of [...waiting]) {
            waiter.session.closing = true
            answer(waiter, error)
          }
        },
        serveReady,
        all: () => waiting,
        count: () => waiting.size,
        observe: (given) => {
          observer = given
        },
        serveThrough: (given) => {
          through = given
        },
        on: (db, key) => byKey.get(keyId(db, key)) ?? []
      })
    })
  )
}
