/**
 * A whole run: sequences of steps ("epochs") generated from a seed and played on both servers, each from an empty state, with
 * the differences that showed and the smallest sequences that show them.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Random } from "../memory/Random.ts"
import { random } from "../memory/Random.ts"
import { ConnectionError } from "../support/RawClient.ts"
import type { ServerError } from "../support/ServerProcess.ts"
import { between, chance } from "./Draw.ts"
import { exceptionFor } from "./Exceptions.ts"
import * as Generator from "./Generator.ts"
import * as Grammar from "./Grammar.ts"
import { patience } from "./Lane.ts"
import type { Lane } from "./Lane.ts"
import * as Listening from "./Listening.ts"
import { interleavedOnly, takesPart } from "./Participation.ts"
import { parameterBaseline, smallLimits } from "./Pools.ts"
import { Session } from "./Session.ts"
import type { Difference, Lanes, Observer } from "./Session.ts"
import { shrink } from "./Shrinker.ts"
import * as State from "./State.ts"
import { command, commandName, control } from "./Step.ts"
import type { Step } from "./Step.ts"
import * as Streams from "./Streams.ts"
import { undocumented } from "./Undocumented.ts"
import type { Memory } from "./Vocabulary.ts"
import * as Vocabulary from "./Vocabulary.ts"

export interface Options {
  readonly seed: number
  /** Commands on one connection, sent in blocks. */
  readonly steps: number
  /** Steps on several connections in lock step, each awaited: some hundred times slower. */
  readonly interleavedSteps: number
  /** Groups as COMMAND DOCS names them; all when empty. */
  readonly groups: ReadonlyArray<string>
  /** Only these commands; all when empty. */
  readonly commands: ReadonlyArray<string>
  /** Compares what replicas are told as well. */
  readonly streams?: boolean
  /** Stops at so many different differences. */
  readonly most: number
  readonly report?: ((progress: string) => void) | undefined
}

export interface Finding {
  readonly difference: Difference
  /** Where it was found: `--seed 1 --epoch 5` shows it again. */
  readonly epoch: number
  /** The smallest sequence found that shows it; the last steps played when a replay did not show it again. */
  readonly steps: ReadonlyArray<Step>
  readonly reproducible: boolean
  /** How often the same command differed in the same way. */
  readonly times: number
}

export interface Outcome {
  readonly steps: number
  readonly commands: ReadonlyMap<string, Tally>
  readonly findings: ReadonlyArray<Finding>
  /** Commands that differed so often that they were left out from then on, for the sake of what comes behind them. */
  readonly leftOut: ReadonlyArray<string>
}

/** What the reference answered to a command. */
export interface Tally {
  successes: number
  nulls: number
  errors: number
}

const epochLength = 1500
const interleavedEpochLength = 250
const blockLength = 50
/** After how many steps the digests are compared. */
const stateInterval = 300
const databases = 3
const connections = 4
const mostReplays = 600
const mostTimes = 3

/** Plays sequences until the options' number of steps is reached, or enough differences were found. */
export const run = (lanes: Lanes, options: Options): Effect.Effect<Outcome, ConnectionError | ServerError> =>
  Effect.gen(function*() {
    yield* prepare(lanes, options)
    const campaign = yield* Campaign.make(lanes, options)
    const interleavedEpochs = Math.ceil(options.interleavedSteps / interleavedEpochLength)
    const pipelinedEpochs = Math.ceil(options.steps / epochLength)
    for (let epoch = 0; epoch < pipelinedEpochs + interleavedEpochs && !campaign.done; epoch++) {
      yield* campaign.epoch(epoch, epoch < pipelinedEpochs ? "pipelined" : "interleaved")
    }
    return campaign.outcome
  })

/** Plays one epoch of a run again. */
export const runEpoch = (
  lanes: Lanes,
  options: Options,
  epoch: number
): Effect.Effect<Outcome, ConnectionError | ServerError> =>
  Effect.gen(function*() {
    yield* prepare(lanes, options)
    const campaign = yield* Campaign.make(lanes, options)
    yield* campaign.epoch(epoch, epoch < Math.ceil(options.steps / epochLength) ? "pipelined" : "interleaved")
    return campaign.outcome
  })

type Manner = "pipelined" | "interleaved"

class Campaign {
  readonly #lanes: Lanes
  readonly #options: Options
  readonly #grammars: ReadonlyMap<string, Grammar.Grammar>
  readonly #known: ReadonlySet<string>
  readonly #containers: ReadonlySet<string>
  readonly #tallies = new Map<string, Tally>()
  readonly #findings = new Map<string, Finding>()
  readonly #leftOut = new Set<string>()
  #played = 0

  /** Whether enough differences were found. */
  get done(): boolean {
    return this.#findings.size >= this.#options.most
  }

  get outcome(): Outcome {
    return {
      steps: this.#played,
      commands: this.#tallies,
      findings: [...this.#findings.values()],
      leftOut: [...this.#leftOut]
    }
  }

  /** Takes part what both servers know and `Participation` does not leave out. */
  static make = (lanes: Lanes, options: Options): Effect.Effect<Campaign, ConnectionError> =>
    Effect.gen(function*() {
      const documented = yield* Grammar.read(yield* lanes.reference.connection(control))
      const known = yield* Grammar.names(yield* lanes.candidate.connection(control))
      const grammars = new Map([...documented].filter(([name]) => known.has(name) && takesPart(name)))
      for (const { needs, ...grammar } of undocumented) {
        if (known.has(needs)) grammars.set(grammar.name, { ...grammar, flags: new Set(), tips: new Set() })
      }
      return new Campaign(lanes, options, grammars, known)
    })

  private constructor(
    lanes: Lanes,
    options: Options,
    grammars: ReadonlyMap<string, Grammar.Grammar>,
    known: ReadonlySet<string>
  ) {
    this.#lanes = lanes
    this.#options = options
    this.#grammars = grammars
    this.#known = known
    this.#containers = new Set(
      [...grammars.values()].filter(({ words }) => words.length > 1).map(({ words }) => words[0] ?? "")
    )
  }

  epoch(number: number, manner: Manner): Effect.Effect<void, ConnectionError | ServerError> {
    return Effect.gen({ self: this }, function*() {
      yield* reset(this.#lanes)
      const next = random(this.#options.seed * 1_000_003 + number)
      const history: Array<Step> = []
      const difference = yield* this.#orGone(this.#play(next, manner, history))
      if (difference !== undefined) yield* this.#found(difference, number, manner, history)
      this.#options.report?.(`epoch ${number}, ${manner}: ${this.#played} steps, ${this.#findings.size} differences`)
    })
  }

  // ---- generating and playing

  #play(next: Random, manner: Manner, history: Array<Step>): Effect.Effect<Difference | undefined, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      const memory: Memory = { streamIds: [], payloads: [], clock: 1 }
      const session = new Session(this.#lanes, this.#containers, this.#learn(memory))
      const sequence = this.#sequence(next, manner, memory, session)
      const length = manner === "pipelined" ? epochLength : interleavedEpochLength
      let sinceState = 0
      while (history.length < length) {
        const steps = sequence()
        const before = history.length
        history.push(...steps)
        const difference = yield* playAll(session, steps, manner)
        if (difference !== undefined) {
          history.length = before + difference.played
          return difference.difference
        }
        this.#played += steps.length
        sinceState += steps.length
        const interval = manner === "pipelined" ? stateInterval : stateInterval / 4
        if (sinceState < interval && history.length < length) continue
        sinceState = 0
        const stateDifference = yield* this.#compareState(session, history)
        if (stateDifference !== undefined) return stateDifference
      }
      return undefined
    })
  }

  /** Makes a generator of turns' worth of steps. */
  #sequence(next: Random, manner: Manner, memory: Memory, session: Session): () => ReadonlyArray<Step> {
    const listening = manner === "interleaved" && this.#grammars.has("PSUBSCRIBE") && chance(next, 0.6)
    const grammars = this.#choose(next, manner, listening)
    const small = this.#grammars.has("CONFIG SET") && chance(next, 0.5)
    const generator = Generator.make({ next, grammars, memory, connections: manner === "pipelined" ? 1 : connections })
    const inTransaction = new Set<number>()
    const once = (connection: number): ReadonlyArray<Step> => {
      if (inTransaction.has(connection) && chance(next, 0.15)) {
        inTransaction.delete(connection)
        return [command(connection, chance(next, 0.9) ? "EXEC" : "DISCARD")]
      }
      while (true) {
        // The first connection never waits, so that there is always one that can move the others.
        const args = generator.command((grammar) =>
          connection > 0 || !grammar.flags.has("blocking") || manner === "pipelined"
        )
        const name = commandName(args, this.#containers)
        const exception = exceptionFor(name, args)
        const delayed = inTransaction.has(connection) || session.waiting.has(connection)
        const handling = exception?.handling
        if (delayed && handling !== undefined) continue
        if (listening && Listening.excludes(connection, name, handling)) continue
        if (name === "MULTI") inTransaction.add(connection)
        if (args.length === 1 && ["EXEC", "DISCARD", "RESET", "QUIT"].includes(name)) inTransaction.delete(connection)
        return [...exception?.ask?.(args) ?? [], args].map((words) => command(connection, ...words))
      }
    }
    const prelude: Array<Step> = small
      ? smallLimits.map(([name, value]) => command(0, "CONFIG", "SET", name, value))
      : []
    if (manner === "pipelined") {
      return () => [...prelude.splice(0), ...Array.from({ length: blockLength }, () => once(0)).flat()]
    }

    if (this.#grammars.has("HELLO")) prelude.push(command(1, "HELLO", "3"), command(3, "HELLO", "3"))
    if (listening) prelude.push(...Listening.steps(next, this.#grammars))
    return () => {
      const first = prelude.shift()
      if (first !== undefined) return [first]
      const waiting = session.waiting
      let connection = next.below(connections)
      // Commands behind one that waits are worth a try now and then, not always.
      if (waiting.has(connection) && !chance(next, 0.15)) connection = 0
      if (chance(next, 0.01)) {
        inTransaction.delete(connection)
        const close: Step = { _tag: "Close", connection }
        // The raw requests speak of PING.
        return chance(next, 0.5) || !this.#grammars.has("PING")
          ? [close]
          : [close, { _tag: "Raw", connection, bytes: Vocabulary.rawRequest(next) }, close]
      }
      return once(connection)
    }
  }

  /** What takes part in an epoch: everything asked for, or a few groups of it, so that their commands meet more often. */
  #choose(next: Random, manner: Manner, listening: boolean): ReadonlyArray<Grammar.Grammar> {
    const { commands, groups } = this.#options
    const all = [...this.#grammars.values()].filter((grammar) =>
      (manner === "interleaved" || !interleavedOnly.has(grammar.name))
      && (groups.length === 0 || groups.includes(grammar.group))
      && (commands.length === 0 || commands.includes(grammar.name))
      && !this.#leftOut.has(grammar.name)
    )
    if (commands.length > 0 || chance(next, 0.4)) return all
    const present = [...new Set(all.map((grammar) => grammar.group))]
    const focus = new Set(Array.from({ length: between(next, 1, 2) }, () => next.pick(present)))
    // Commands of the generic group work on keys of every type, and transactions on everything.
    const chosen = all.filter(({ group }) =>
      focus.has(group) || group === "generic" || manner === "interleaved" && group === "transactions"
      || listening && ["pubsub", "connection"].includes(group)
    )
    return chosen.length > 5 ? chosen : all
  }

  #compareState(session: Session, history: Array<Step>): Effect.Effect<Difference | undefined, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      const digest = this.#known.has("DEBUG") ? State.digest : []
      const questions = yield* State.questions(
        this.#lanes.reference,
        this.#known.has("SELECT") ? databases : 1,
        (name) => this.#known.has(name) && (name !== "DEBUG" || digest.length > 0)
      )
      const asked = [...questions, ...digest]
      const difference = yield* playAll(session, asked, "pipelined")
      if (difference === undefined) return undefined
      const last = asked[difference.played - 1]
      // The question that shows it, in the database it was asked in.
      const select = asked.slice(0, difference.played).findLast((step) =>
        step._tag === "Command" && step.args[0] === "SELECT"
      )
      for (const step of [select, last]) if (step !== undefined) history.push(step)
      return difference.difference
    })
  }

  #learn(memory: Memory): Observer {
    return (name, _args, reply) => {
      if (name !== "" && reply._tag !== "Push") {
        const tally = this.#tallies.get(name) ?? { successes: 0, nulls: 0, errors: 0 }
        tally[reply._tag === "Error" ? "errors" : reply._tag === "Null" ? "nulls" : "successes"]++
        this.#tallies.set(name, tally)
      }
      if (reply._tag !== "Bulk") return
      if (name === "XADD") remember(memory.streamIds, Grammar.text(reply))
      if (name === "DUMP") remember(memory.payloads, Grammar.text(reply))
    }
  }

  // ---- differences

  /** A server that was there at the start and is not any more is a difference as well. */
  #orGone(play: Effect.Effect<Difference | undefined, ConnectionError>): Effect.Effect<Difference | undefined> {
    return play.pipe(Effect.catchTag("ConnectionError", () =>
      Effect.sync(() => {
        const { candidate, reference } = this.#lanes
        const told = (lane: Lane) => `${lane.isRunning ? "(runs)" : "(ended)"}\n${lane.log.slice(-1500)}`
        return {
          command: "",
          at: -1,
          reason: "a connection was refused",
          reference: told(reference),
          candidate: told(candidate)
        }
      })))
  }

  #found(
    difference: Difference,
    epoch: number,
    manner: Manner,
    history: ReadonlyArray<Step>
  ): Effect.Effect<void, ConnectionError | ServerError> {
    return Effect.gen({ self: this }, function*() {
      const signature = signatureOf(difference)
      const known = this.#findings.get(signature)
      if (known !== undefined) {
        this.#findings.set(signature, { ...known, times: known.times + 1 })
        if (known.times + 1 >= mostTimes) this.#leftOut.add(difference.command)
        return
      }
      this.#options.report?.(
        `epoch ${epoch}: ${difference.command || "a reply"} differs, cutting ${history.length} steps down`
      )
      let shown = difference
      const shows = (steps: ReadonlyArray<Step>) =>
        Effect.gen({ self: this }, function*() {
          yield* reset(this.#lanes)
          const session = new Session(this.#lanes, this.#containers)
          const again = yield* this.#orGone(Effect.map(playAll(session, steps, manner), (shown) => shown?.difference))
          if (again === undefined || signatureOf(again) !== signature) return false
          shown = again
          return true
        })
      const reproducible = yield* shows(history)
      const steps = reproducible ? yield* shrink(history, shows, mostReplays) : history.slice(-20)
      if (reproducible) yield* shows(steps)
      this.#findings.set(signature, { difference: shown, epoch, steps, reproducible, times: 1 })
    })
  }
}

/** Two differences are one when the same command differs in the same kind of way. */
const signatureOf = ({ candidate, command, reason, reference }: Difference): string => {
  // Of a reply its type; what replicas are told begins with whatever else was in the turn
  const kind = (raw: string) => /^(-[^\r\n]{0,24}|\W)/.exec(raw)?.[0] ?? ""
  return [command, reason.split("\n")[0], kind(reference), kind(candidate)].join(" / ")
}

const remember = (values: Array<string>, value: string): void => {
  values.push(value)
  if (values.length > 30) values.shift()
}

// ---- playing a list

interface Shown {
  readonly difference: Difference
  /** How many of the steps were played when it showed. */
  readonly played: number
}

/** Plays steps in turns. */
const playAll = (
  session: Session,
  steps: ReadonlyArray<Step>,
  manner: Manner
): Effect.Effect<Shown | undefined, ConnectionError> =>
  Effect.gen(function*() {
    let played = 0
    while (played < steps.length) {
      const turn = manner === "pipelined" ? nextTurn(session, steps, played) : steps.slice(played, played + 1)
      const [first] = turn
      if (first === undefined) break
      const difference = yield* manner === "pipelined" ? session.pipelined(turn) : session.interleaved(first)
      if (difference !== undefined) {
        return { difference, played: difference.at < 0 ? played + turn.length : played + difference.at + 1 }
      }
      played += turn.length
    }
    return undefined
  })

/** The steps that can go out in one piece. */
const nextTurn = (session: Session, steps: ReadonlyArray<Step>, from: number): ReadonlyArray<Step> => {
  const first = steps[from]
  if (first === undefined || session.isAlone(first)) return steps.slice(from, from + 1)
  let end = from + 1
  while (end < steps.length && end - from < blockLength) {
    const step = steps[end]
    if (step === undefined || step.connection !== first.connection || session.isAlone(step)) break
    end++
  }
  return steps.slice(from, end)
}

// ---- the empty state

/** Starts both servers where needed and stops the clockwork that would make them differ. */
const prepare = (lanes: Lanes, { streams = false }: Options): Effect.Effect<void, ConnectionError | ServerError> =>
  Effect.all([revive(lanes.reference, streams), revive(lanes.candidate, streams)], { concurrency: 2, discard: true })

/** Empties both servers and forgets all connections of the sequence before. */
const reset = (lanes: Lanes): Effect.Effect<void, ConnectionError | ServerError> =>
  Effect.gen(function*() {
    yield* Effect.all([resetLane(lanes.reference), resetLane(lanes.candidate)], { concurrency: 2, discard: true })
    yield* Streams.compare(lanes, "ignored")
  })

const emptying: ReadonlyArray<ReadonlyArray<string>> = [
  ["FLUSHALL"],
  ["SCRIPT", "FLUSH"],
  ["FUNCTION", "FLUSH"],
  ["DEBUG", "SET-ACTIVE-EXPIRE", "0"],
  ["CONFIG", "RESETSTAT"],
  ...parameterBaseline.map(([name, value]) => ["CONFIG", "SET", name, value])
]

const resetLane = (lane: Lane): Effect.Effect<void, ConnectionError | ServerError> =>
  Effect.gen(function*() {
    lane.disconnectAll()
    const done = yield* lane.ask(emptying).pipe(
      Effect.timeoutOption(patience),
      Effect.catchTag("ConnectionError", () => Effect.succeed(Option.none()))
    )
    if (Option.isNone(done)) yield* revive(lane, lane.isFollowed)
  })

const revive = (lane: Lane, streams: boolean): Effect.Effect<void, ConnectionError | ServerError> =>
  Effect.gen(function*() {
    yield* lane.stop
    yield* lane.start
    yield* lane.ask(emptying).pipe(
      Effect.timeoutOrElse({
        duration: patience,
        orElse: () => Effect.fail(new ConnectionError({ message: `${lane.name} does not answer\n${lane.log}` }))
      })
    )
    if (streams) yield* lane.follow
  })
