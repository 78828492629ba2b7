/**
 * What happens around every command: `admit` finds it and checks, in Redis's order, what must hold before it may run;
 * `after` counts, feeds MONITOR and propagates. Both stay free of allocations as long as nothing is unusual: every
 * unusual state sets a bit of the session's or the server's gate.
 *
 * Commands of constant time that follow each other are timed together: the clock is read once for a run of equal ones.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Config } from "../config/Config.ts"
import * as Reply from "../resp/Reply.ts"
import { Store } from "../store/Store.ts"
import { Admission } from "./Admission.ts"
import { blocking, ClientRegistry } from "./ClientRegistry.ts"
import * as Command from "./Command.ts"
import * as CommandError from "./CommandError.ts"
import { CommandTable, Entry } from "./CommandTable.ts"
import * as Monitor from "./Monitor.ts"
import type { Request } from "./Request.ts"
import { Gate, type Session } from "./Session.ts"
import { Stats } from "./Stats.ts"
import { Waiters } from "./Waiters.ts"

export class Executor extends Context.Service<Executor, {
  /** The command of a request that may run now; throws the `CommandError` of one that may not. */
  readonly admit: (request: Request) => Entry
  /** What follows any command, in the same turn. */
  readonly after: (request: Request, entry: Entry) => void
  /**
   * Runs an admitted command within another one (EXEC, a script): what it does is propagated, and who waits for it is
   * served, when the other is done. A command that would wait answers as if its time were over. `admitted`: it has gone
   * through `admit`.
   */
  readonly call: (request: Request, entry: Entry, admitted?: boolean) => Reply.Reply
  /** Counts the error of a command that ran; `after` follows. */
  readonly failed: (error: CommandError.CommandError, entry: Entry) => void
  /** Counts the error of a command that was not admitted; `after` does not follow. */
  readonly rejected: (request: Request, error: CommandError.CommandError) => void
  /** An admitted command of that session runs in a turn of its own. */
  readonly resume: (session: Session) => void
  /** Ends the time of the commands that ran in this turn. */
  readonly settle: () => void
  /** Propagates what ran with `session.denyBlocking` as one unit, and serves who waited for it. */
  readonly endUnit: () => void
}>()("go-redis/command/Executor") {
  static readonly layer: Layer.Layer<
    Executor,
    never,
    CommandTable | Store | Admission | ClientRegistry | Stats | Config | Waiters
  > = Layer.effect(
    this,
    Effect.gen(function*() {
      const table = yield* CommandTable
      const { ensureRoom, state } = yield* Store
      const admission = yield* Admission
      const registry = yield* ClientRegistry
      const stats = yield* Stats
      const { onChange, onResetStat, values } = yield* Config
      const waiters = yield* Waiters
      const { clients } = registry
      const fork = Effect.runForkWith(yield* Effect.context())
      const log = (message: string): void => void fork(Effect.logWarning(message))

      const limitMemory = (): void => admission.set(Gate.memory, values.maxmemory > 0)
      limitMemory()
      const unsubscribe = [
        onChange(["maxmemory"], limitMemory),
        onResetStat(() => {
          stats.reset()
          table.resetCounters()
        })
      ]
      yield* Effect.addFinalizer(() => Effect.sync(() => unsubscribe.forEach((stop) => stop())))

      // ---- time

      // Taken once: the global is a getter, whose calls were 1 % of a request that comes alone
      const clock = performance

      /** The command whose time runs, and how often it ran; `shared` while its next call goes on the same account. */
      let timed: Entry | undefined
      let shared: Entry | undefined
      let runs = 0
      let mark = 0
      let dirty = 0

      const settle = (request?: Request): void => {
        const entry = timed
        if (entry === undefined) return
        const now = clock.now()
        const microseconds = (now - mark) * 1000
        mark = now
        timed = shared = undefined
        entry.microseconds += microseconds
        if (values["latency-tracking"] && runs > 0) entry.histogram.record((microseconds * 1000) / runs, runs)
        if (request !== undefined && entry !== queued) stats.timeObserver.ran(request, entry, microseconds)
      }

      /** Begins a command's own time, or that of a run of equal ones. */
      const begin = (entry: Entry, count: number): void => {
        if (timed === undefined) mark = clock.now()
        else settle()
        timed = entry
        runs = 0
        shared = count <= entry.timedTogether && !stats.timeObserver.eachAlone() ? entry : undefined
      }

      // ---- before a command

      const reject = (request: Request, error: CommandError.CommandError, entry?: Entry): never => {
        const { transaction } = request.session
        if (transaction !== undefined) transaction.aborted = true
        if (entry !== undefined) entry.rejected++
        // EXEC that may not run gives the transaction and the watched keys up, and says why
        if (entry?.name === "exec") {
          transaction?.discard()
          request.session.unwatch()
          throw CommandError.make(`EXECABORT Transaction discarded because of: ${error.text.replace(/^ERR /, "")}`)
        }
        throw error
      }

      const unknown = (request: Request): never => {
        request.session.entry = undefined
        if (request.is(0, "POST") || request.is(0, "HOST:")) turnAway(request.session)
        return reject(request, unknownCommand(request))
      }

      /** A browser was led to send its user's request here: nothing of it may be run. */
      const turnAway = (session: Session): void => {
        log(
          "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. "
            + `Connection from ${session.link?.peer ?? "an embedded client"} aborted.`
        )
        session.link?.kill()
      }

      const subcommand = (request: Request, container: Entry): Entry => {
        if (request.count === 1) return container
        const entry = container.subcommand(request)
        if (entry !== undefined) return entry
        const name = request.quoted(1).slice(0, 128)
        const text = `ERR unknown subcommand '${name}'. Try ${container.name.toUpperCase()} HELP.`
        return reject(request, CommandError.make(text))
      }

      /** The checks beyond existence and arity, when a gate is shut. Returns the entry to run in the command's place. */
      const pass = (request: Request, entry: Entry, raised: number): Entry => {
        const { session } = request
        // What the master sends has passed there
        const gate = session.kind === "master" ? raised & Gate.multi : raised
        if ((raised & Gate.tracking) !== 0) clients.tracking?.enter(session)
        if ((gate & Gate.auth) !== 0) {
          if (session.authenticated || values.requirepass.length === 0) {
            session.gate &= ~Gate.auth
            session.link?.trust(true)
          } else if (!entry.traits.allowsNoAuth) reject(request, CommandError.noAuth, entry)
        }
        const multi = (gate & Gate.multi) !== 0
        if (multi && entry.traits.refusesMulti) {
          reject(request, CommandError.make("ERR Command not allowed inside a transaction"), entry)
        }
        if ((gate & Gate.memory) !== 0 && !ensureRoom()) {
          if (entry.traits.denyOom || (multi && !entry.traits.endsQueueing)) {
            reject(request, CommandError.outOfMemory, entry)
          }
        }
        if ((gate & Gate.writes) !== 0) {
          const refusal = entry.traits.isWrite || entry.name === "ping" ? admission.refusesWrite(entry.name) : undefined
          if (refusal !== undefined) reject(request, refusal, entry)
        }
        if ((gate & Gate.replication) !== 0 && (admission.lacksReplicas || admission.readOnly)) {
          if (entry.traits.isWrite || (entry.name === "exec" && session.transaction?.writes === true)) {
            reject(request, admission.readOnly ? CommandError.readOnly : CommandError.noReplicas, entry)
          }
        }
        if ((gate & Gate.subscribed) !== 0 && session.out.resp === 2 && !entry.traits.allowedSubscribed) {
          const text = `ERR Can't execute '${entry.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / `
            + "RESET are allowed in this context"
          reject(request, CommandError.make(text), entry)
        }
        if ((gate & Gate.replication) !== 0 && admission.refusesStale && !entry.traits.allowsStale) {
          reject(request, CommandError.masterDown, entry)
        }
        if ((gate & Gate.loading) !== 0) {
          const refused = admission.loadingInBackground ? entry.traits.refusesAsyncLoading : !entry.traits.allowsLoading
          if (refused) reject(request, CommandError.loading, entry)
        }
        if (
          (gate & Gate.replica) !== 0 && (entry.traits.isWrite || entry.traits.isReadOnly || entry.traits.mayReplicate)
        ) {
          reject(request, CommandError.make("ERR Replica can't interact with the keyspace"), entry)
        }
        if ((gate & Gate.paused) !== 0 && (gate & Gate.replica) === 0) {
          const { transaction } = session
          const writes = entry.traits.isWrite || entry.traits.mayReplicate
            || (entry.name === "exec" && (transaction?.writes || transaction?.mayReplicate))
          if (!admission.pausesWritesOnly || writes) return postponed
        }
        if (multi && !entry.traits.endsQueueing && session.transaction !== undefined) return queued
        if ((gate & Gate.faults) !== 0) {
          const fault = admission.fault(request, entry)
          if (fault !== undefined) return standIn(fault)
        }
        if ((gate & Gate.tracking) !== 0) enter(request, entry)
        return entry
      }

      /** What may wait is taken as having read its keys now: they may change while it does. */
      const enter = (request: Request, entry: Entry): void => {
        clients.tracking?.runs()
        if (entry.run === undefined) clients.tracking?.ran(request, entry)
      }

      const admit = (request: Request): Entry => {
        let entry = table.find(request)
        if (entry === undefined) return unknown(request)
        if (entry.isContainer) entry = subcommand(request, entry)
        const { session } = request
        if (session.entry !== entry) session.turnTo(entry)
        state.client = session.id
        if (!entry.accepts(request.count)) reject(request, CommandError.wrongArity(entry.name), entry)
        const gate = session.gate | admission.gate
        let run = entry
        if (gate !== 0) run = pass(request, entry, gate)
        if (run !== shared || request.count > run.timedTogether) begin(run, request.count)
        dirty = state.dirty
        if ((gate & Gate.traced) !== 0 && run !== queued) stats.commandObserver?.began(request, run)
        return run
      }

      /** Runs in place of a command that has to wait for the end of CLIENT PAUSE. */
      const postponed = standIn((request) => {
        request.detach()
        return Effect.andThen(
          blocking(request.session, { unblock: undefined }, registry.untilUnpaused),
          Command.attempt(() => admit(request).handler(request))
        )
      })

      /** Runs in place of a command between MULTI and EXEC. */
      const queued = standIn(Command.program((request) => {
        const { entry, transaction } = request.session
        if (entry !== undefined) transaction?.queue(request, entry)
        return Reply.queued
      }))

      // ---- after a command

      /** The error of the command that runs, once it has failed. */
      let failure: CommandError.CommandError | undefined

      const countSkipped = (session: Session): void => {
        if (--session.skipReplies > 0) return
        session.out.muted = false
        session.gate &= ~Gate.reply
      }

      /** What a command, EXEC or script did is whole: propagates it and serves who waited for it. */
      const endUnit = (): void => {
        if (state.propagation.hasPending) state.propagation.flush()
        if (state.readyKeys.length > 0) waiters.serveReady()
      }

      const propagate = (request: Request, entry: Entry): void => {
        const { effects, session } = request
        if (effects !== undefined) { for (const args of effects) state.propagation.add(session.db, args) }
        // While a command waits, others write: what it did itself it has to say itself
        else if (entry.run !== undefined) state.propagation.addRequest(session.db, request)
      }

      const call = (request: Request, entry: Entry, admitted = false): Reply.Reply => {
        if (!admitted) {
          if (entry !== shared || request.count > entry.timedTogether) begin(entry, request.count)
          dirty = state.dirty
          request.session.entry = entry
          if ((admission.gate & Gate.traced) !== 0) stats.commandObserver?.began(request, entry)
        }
        let reply: Reply.Reply
        if (entry.run === undefined) {
          const exit = Effect.runSyncExit(entry.handler(request))
          reply = Exit.isSuccess(exit) ? exit.value : failureOf(Cause.squash(exit.cause), entry)
        } else {
          try {
            reply = entry.run(request)
          } catch (error) {
            reply = failureOf(error, entry)
          }
        }
        return reply
      }

      /** The error that a command answers; a bug is not one, and goes on. */
      const failureOf = (error: unknown, entry: Entry): CommandError.CommandError => {
        if (!(error instanceof CommandError.CommandError)) throw error
        failed(error, entry)
        return error
      }

      const failed = (error: CommandError.CommandError, ran: Entry): void => {
        stats.error(error.code)
        ran.failed++
        failure = error
      }

      const track = (request: Request, ran: Entry, entry: Entry): void => {
        const { session } = request
        if (ran !== queued && (entry.run !== undefined || session.denyBlocking)) clients.tracking?.ran(request, entry)
        if (!session.denyBlocking) clients.tracking?.replied(session, entry)
      }

      const after = (request: Request, ran: Entry): void => {
        const entry = ran.traits.isStandIn ? request.session.entry ?? ran : ran
        if (ran !== queued) {
          entry.calls++
          runs++
        }
        if (shared === undefined || request.outstanding) {
          settle(request)
          request.outstanding = false
        }
        const { session } = request
        if (state.dirty !== dirty && state.propagation.active) propagate(request, entry)
        request.effects = undefined
        if ((admission.gate & Gate.tracking) !== 0) track(request, ran, entry)
        if (!session.denyBlocking) endUnit()
        // WAIT itself asks the replicas something that nobody has to wait for
        if (entry.run !== undefined || entry.traits.isWrite) session.streamOffset = state.propagation.position
        if (((session.gate | admission.gate) & (Gate.watched | Gate.reply | Gate.traced)) !== 0) {
          if (ran !== queued) stats.commandObserver?.ended(request, failure)
          if (clients.monitors.size > 0 && ran !== queued && !entry.traits.skipsMonitor) {
            Monitor.feed(clients, request, session, state.now)
          }
          if (session.skipReplies > 0) countSkipped(session)
        }
        failure = undefined
        if (request.redacted.length > 0) request.redacted = []
      }

      return Executor.of({
        admit,
        after,
        call,
        resume: (session) => {
          if (session.entry !== undefined) begin(session.entry, Infinity)
          clients.tracking?.enter(session)
          clients.tracking?.runs()
        },
        settle: () => {
          settle()
          clients.tracking?.leave()
        },
        endUnit,
        failed,
        rejected: (request, error) => {
          const { session } = request
          stats.error(error.code)
          if ((admission.gate & Gate.traced) !== 0) stats.commandObserver?.refused(request, error)
          clients.tracking?.replied(session, session.entry)
          if (session.skipReplies > 0) countSkipped(session)
        }
      })
    })
  )
}

/** An entry that runs in place of the one that a request names; it is not counted. */
const standIn = (handler: Command.Handler): Entry => {
  const spec = { summary: "", since: "", group: "connection", complexity: "", arity: -1, flags: [] } as const
  return new Entry(Command.make("", spec), handler)
}

// ---- texts

const MOST_TEXT = 128

/** Names the command and the beginning of its arguments, as much as Redis shows of them. */
const unknownCommand = (request: Request): CommandError.CommandError => {
  let args = ""
  for (let index = 1; index < request.count && args.length < MOST_TEXT; index++) {
    args += `'${request.quoted(index).slice(0, MOST_TEXT - args.length)}' `
  }
  const name = request.quoted(0).slice(0, MOST_TEXT)
  return CommandError.make(`ERR unknown command '${name}', with args beginning with: ${args}`)
}
