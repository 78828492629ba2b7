/**
 * One sequence of steps on both servers: sends what belongs together, waits until both are quiet, and compares what every connection
 * received. Knows for each connection which commands are unanswered and what a transaction has queued, because exceptions
 * belong to commands.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import type { ConnectionError, Received } from "../support/RawClient.ts"
import { arrange } from "./Arrangement.ts"
import type { Item } from "./Arrangement.ts"
import { canonical } from "./Canonical.ts"
import { exceptionFor, sortsShuffled } from "./Exceptions.ts"
import type { Exchange, Handling } from "./Exceptions.ts"
import { elements, text } from "./Grammar.ts"
import * as Handlings from "./Handlings.ts"
import { patience } from "./Lane.ts"
import type { Lane } from "./Lane.ts"
import { commandName, connectionOf, optionWord } from "./Step.ts"
import type { Step } from "./Step.ts"
import * as Streams from "./Streams.ts"
import { endsByTimeout, shortTimeout } from "./Tame.ts"

/** The two servers: the one that is right by definition, and the one that is tested. */
export interface Lanes {
  readonly reference: Lane
  readonly candidate: Lane
}

export interface Difference {
  /** The command whose replies differ; empty for what nobody asked for. */
  readonly command: string
  /** Where the difference showed, counted within the turn. */
  readonly at: number
  readonly reason: string
  readonly reference: string
  readonly candidate: string
}

/** An answered command, for those who learn from replies. */
export type Observer = (name: string, args: ReadonlyArray<string>, reply: ReplyValue) => void

/** Which command is to blame, inside a transaction too, and for what. */
interface Verdict {
  readonly command: string
  readonly reason: string
}

/** Something with its bytes. */
interface Raw {
  readonly raw: Uint8Array
}

interface Conversation {
  /** Commands without a reply, and where in the turn they were sent (-1: in a turn before). */
  readonly unanswered: Array<{ readonly args: ReadonlyArray<string>; at: number }>
  queued: Array<ReadonlyArray<string>>
  previous: Exchange | undefined
}

export class Session {
  readonly #lanes: Lanes
  readonly #containers: ReadonlySet<string>
  readonly #observe: Observer
  readonly #conversations = new Map<number, Conversation>()
  /** Connections that may get the invalidations of others. */
  readonly #redirected = new Set<number>()

  /** Since the last comparison of all connections, keys were looked up in the order of a dictionary. */
  #shuffledMisses = false

  constructor(lanes: Lanes, containers: ReadonlySet<string>, observe: Observer = () => {}) {
    this.#lanes = lanes
    this.#containers = containers
    this.#observe = observe
  }

  /** The connections that wait for a reply. */
  get waiting(): ReadonlySet<number> {
    return new Set(
      [...this.#conversations].filter(([, { unanswered }]) => unanswered.length > 0).map(([number]) => number)
    )
  }

  /** Whether a step needs a turn of its own. */
  isAlone(step: Step): boolean {
    return step._tag !== "Command" || exceptionFor(this.#name(step.args), step.args)?.handling !== undefined
  }

  /** Plays commands of one connection that nothing keeps waiting, all in one piece. */
  pipelined(steps: ReadonlyArray<Step>): Effect.Effect<Difference | undefined, ConnectionError> {
    const [first] = steps
    if (first === undefined) return Effect.undefined
    if (first._tag === "Command") {
      const handling = exceptionFor(this.#name(first.args), first.args)?.handling
      if (handling !== undefined) return this.#handled(first.connection, first.args, handling)
    }
    return Effect.gen({ self: this }, function*() {
      const { candidate, reference } = this.#lanes
      steps.forEach((step, at) => this.#expect(step, at))
      yield* Effect.all([send(reference, steps), send(candidate, steps)], { concurrency: 2 })
      const [left, right] = yield* Effect.all(
        [receive(reference, first.connection, steps.length), receive(candidate, first.connection, steps.length)],
        { concurrency: 2 }
      )
      const difference = this.#compare(first.connection, left, right)
      const unanswered = this.#conversation(first.connection).unanswered[0]
      if (difference !== undefined) return difference
      if (unanswered === undefined) return yield* this.#compareStreams("exact")
      return {
        ...this.#blame(unanswered),
        reason: "neither server answered in time",
        ...this.#told(undefined, undefined)
      }
    })
  }

  /** Plays one step among several connections and waits until both servers are quiet. */
  interleaved(step: Step): Effect.Effect<Difference | undefined, ConnectionError> {
    if (step._tag === "Command") {
      const handling = exceptionFor(this.#name(step.args), step.args)?.handling
      if (handling !== undefined && !this.waiting.has(step.connection)) {
        return this.#handled(step.connection, step.args, handling)
      }
    }
    return Effect.gen({ self: this }, function*() {
      const { candidate, reference } = this.#lanes
      if (step._tag === "Close") {
        this.#hangUp(step.connection)
      } else {
        if (this.#isClosed(step.connection)) this.#hangUp(step.connection)
        this.#expect(step, 0)
        yield* Effect.all([send(reference, [step]), send(candidate, [step])], { concurrency: 2 })
      }
      if (step._tag === "Command" && endsByTimeout(step.args)) yield* Effect.sleep(shortTimeout * 4)
      yield* this.#quiet
      const difference = this.#compareAll()
      this.#shuffledMisses = false
      return difference ?? (yield* this.#compareStreams("exact"))
    })
  }

  // ---- what the step expects

  #name(args: ReadonlyArray<string>): string {
    return commandName(args, this.#containers)
  }

  #conversation(connection: number): Conversation {
    let conversation = this.#conversations.get(connection)
    if (conversation === undefined) {
      conversation = { unanswered: [], queued: [], previous: undefined }
      this.#conversations.set(connection, conversation)
    }
    return conversation
  }

  #expect(step: Step, at: number): void {
    for (const conversation of this.#conversations.values()) {
      for (const command of conversation.unanswered) command.at = at === 0 ? -1 : command.at
    }
    if (step._tag !== "Command") return
    for (const connection of redirectionsOf(step.args)) this.#redirected.add(connection)
    const { previous, queued, unanswered } = this.#conversation(step.connection)
    this.#shuffledMisses ||= looksUpShuffled(step.args, previous, queued)
    unanswered.push({ args: step.args, at })
  }

  #isClosed(connection: number): boolean {
    const { candidate, reference } = this.#lanes
    return [reference, candidate].some((lane) => lane.peek(connection)?.closed === true)
  }

  #isClosedByBoth(connection: number): boolean {
    const { candidate, reference } = this.#lanes
    return [reference, candidate].every((lane) => lane.peek(connection)?.closed === true)
  }

  #hangUp(connection: number): void {
    this.#lanes.reference.disconnect(connection)
    this.#lanes.candidate.disconnect(connection)
    this.#conversations.delete(connection)
  }

  // ---- quiet

  /** Waits until every connection has received the same amount on both servers, or until that will not happen. */
  get #quiet(): Effect.Effect<void, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      for (let attempt = 0; attempt < 40; attempt++) {
        // The second round finds out what the first one set in motion; the turn of the event loop lets it be read.
        for (let round = 0; round < 2; round++) {
          yield* Effect.all([ping(this.#lanes.reference), ping(this.#lanes.candidate)], { concurrency: 2 })
        }
        yield* nextEventLoopTurn
        if (this.#isBalanced()) return
        yield* Effect.sleep(attempt < 10 ? 1 : 25)
      }
    })
  }

  #isBalanced(): boolean {
    const { candidate, reference } = this.#lanes
    return reference.connections.every((connection) => {
      const [left, right] = [reference.peek(connection), candidate.peek(connection)]
      return left?.pending === right?.pending && left?.closed === right?.closed
    })
  }

  // ---- comparison

  #compareAll(): Difference | undefined {
    const { candidate, reference } = this.#lanes
    for (const connection of reference.connections) {
      const left = reference.peek(connection)?.takeReceived() ?? []
      const right = candidate.peek(connection)?.takeReceived() ?? []
      const difference = this.#compare(connection, left, right)
      if (difference !== undefined) return difference
      const closed = [reference, candidate].map((lane) => lane.peek(connection)?.closed === true)
      if (closed[0] !== closed[1]) {
        const told = (yes: boolean | undefined) =>
          yes === true ? "(closed the connection)" : "(left the connection open)"
        return {
          ...this.#blame(this.#conversation(connection).unanswered[0]),
          reason: "one server closed the connection",
          reference: told(closed[0]),
          candidate: told(closed[1])
        }
      }
    }
    return undefined
  }

  #compare(connection: number, left: ReadonlyArray<Received>, right: ReadonlyArray<Received>): Difference | undefined {
    const conversation = this.#conversation(connection)
    const circumstances = {
      unanswered: conversation.unanswered.map(({ args }) => args),
      queued: conversation.queued,
      isRedirected: this.#redirected.has(connection)
    }
    const [mine, theirs] = [arrange(left, circumstances), arrange(right, circumstances)]
    for (let i = 0; i < Math.max(mine.items.length, theirs.items.length); i++) {
      const [reference, candidate] = [mine.items[i], theirs.items[i]]
      const command = (reference ?? candidate)?.isPush === true ? undefined : conversation.unanswered.shift()
      // What redis-server had not sent when CLIENT KILL hit a connection, it never sends
      if (reference === undefined && this.#isClosedByBoth(connection)) return undefined
      if (reference === undefined || candidate === undefined) {
        return { ...this.#blame(command), reason: "one server did not answer", ...this.#told(reference, candidate) }
      }
      const verdict = this.#judge(conversation, command?.args ?? [], reference, candidate)
      if (verdict !== undefined) return { ...this.#blame(command), ...verdict, ...this.#told(reference, candidate) }
    }
    const order = this.#shuffledMisses ? missesLast : (events: ReadonlyArray<string>) => events
    if (order(mine.events).join("\n") === order(theirs.events).join("\n")) return undefined
    return {
      ...this.#blame(undefined),
      reason: "key events differ",
      reference: mine.events.join("\n"),
      candidate: theirs.events.join("\n")
    }
  }

  #compareStreams(strictness: Streams.Strictness): Effect.Effect<Difference | undefined, ConnectionError> {
    return Effect.map(
      Streams.compare(this.#lanes, strictness),
      (difference) => difference && { ...difference, at: -1, reason: "what replicas are told differs" }
    )
  }

  #blame(command: { readonly args: ReadonlyArray<string>; readonly at: number } | undefined) {
    return { command: command === undefined ? "" : this.#name(command.args), at: command?.at ?? -1 }
  }

  #told(reference: Raw | undefined, candidate: Raw | undefined) {
    const raw = (received: Raw | undefined) =>
      received === undefined ? "(nothing)" : Buffer.from(received.raw).toString("latin1")
    return { reference: raw(reference), candidate: raw(candidate) }
  }

  #judge(
    conversation: Conversation,
    args: ReadonlyArray<string>,
    reference: Item,
    candidate: Item
  ): Verdict | undefined {
    const exchange: Exchange = {
      args,
      reference: reference.value,
      candidate: candidate.value,
      previous: conversation.previous
    }
    conversation.previous = exchange
    const name = this.#name(args)
    this.#observe(name, args, reference.value)
    const equal = Buffer.compare(reference.raw, candidate.raw) === 0
    const queued = this.#followTransaction(conversation, name, args, reference.value)
    if (equal) return undefined
    return queued === undefined ? this.#judgeOne(exchange) : this.#judgeTransaction(queued, exchange)
  }

  /** Keeps track of what is queued; returns it when EXEC runs it. */
  #followTransaction(
    conversation: Conversation,
    name: string,
    args: ReadonlyArray<string>,
    reply: ReplyValue
  ): ReadonlyArray<ReadonlyArray<string>> | undefined {
    if (reply._tag === "Simple" && reply.text === "QUEUED") conversation.queued.push(args)
    else if (name === "EXEC" || reply._tag === "Simple" && (name === "DISCARD" || name === "RESET")) {
      const queued = conversation.queued
      conversation.queued = []
      return name === "EXEC" ? queued : undefined
    }
    return undefined
  }

  /** Judges what EXEC answered, reply by reply. */
  #judgeTransaction(
    queued: ReadonlyArray<ReadonlyArray<string>>,
    { candidate, reference }: Exchange
  ): Verdict | undefined {
    const [left, right] = [elements(reference), elements(candidate)]
    if (left.length !== right.length || left.length !== queued.length) {
      return { command: "EXEC", reason: "replies differ" }
    }
    let previous: Exchange | undefined
    for (const [at, args] of queued.entries()) {
      const [one, other] = [left[at], right[at]]
      if (one === undefined || other === undefined) break
      const inner: Exchange = { args, reference: one, candidate: other, previous }
      previous = inner
      const verdict = Handlings.same(one, other) ? undefined : this.#judgeOne(inner)
      if (verdict !== undefined) return { ...verdict, reason: `in a transaction, ${verdict.reason}` }
    }
    return undefined
  }

  #judgeOne(exchange: Exchange): Verdict | undefined {
    const { args, candidate, reference } = exchange
    const command = this.#name(args)
    const exception = exceptionFor(command, args)
    const excused = reference._tag === "Error" || candidate._tag === "Error"
      ? quotesItsOwn(exchange)
      : exception === undefined
      ? leftAll(exchange)
      : exception.same(exchange)
    if (excused) return undefined
    return {
      command,
      reason: exception === undefined
        ? "replies differ"
        : `replies differ, and not only because of this: ${exception.reason}`
    }
  }

  // ---- commands that need more than a comparison

  #handled(
    connection: number,
    args: ReadonlyArray<string>,
    handling: Handling
  ): Effect.Effect<Difference | undefined, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      const { candidate, reference } = this.#lanes
      const step: Step = { _tag: "Command", connection, args }
      if (!(yield* Handlings.isDefined(handling, this.#lanes, connection, args))) return undefined
      this.#expect(step, 0)
      yield* send(reference, [step])
      const left = yield* receive(reference, connection, 1)
      const answer = left[0]?.value
      const told = handling === "lead" && answer !== undefined ? Handlings.follow(args, answer) : args
      yield* send(candidate, [{ ...step, args: told }])
      const right = yield* receive(candidate, connection, 1)
      const difference = this.#compare(connection, left, right)
        ?? (yield* this.#compareStreams(strictnessOf(handling)))
      if (difference !== undefined) return difference
      const previous = this.#conversation(connection).previous
      if (previous === undefined || previous.reference._tag === "Error" || previous.reference._tag === "Simple") {
        return undefined
      }
      const reason = yield* Handlings.settle(handling, this.#lanes, connection, previous)
      yield* this.#compareStreams("ignored")
      if (reason === undefined) return undefined
      return { ...this.#blame({ args, at: 0 }), reason, ...this.#told(left[0], right[0]) }
    })
  }
}

/** A scan removes the expired keys that it meets, wherever they are. */
const strictnessOf = (handling: Handling): Streams.Strictness =>
  handling === "scan" || handling === "expired" ? "ignored" : handling === "removal" ? "shape" : "exact"

/** Whether a command, or one of a transaction, looks up keys for elements that have no order of their own. */
const looksUpShuffled = (
  args: ReadonlyArray<string>,
  previous: Exchange | undefined,
  queued: ReadonlyArray<ReadonlyArray<string>>
): boolean => {
  const name = optionWord(args[0] ?? "")
  if (name === "EXEC") return queued.some((command) => looksUpShuffled(command, undefined, []))
  return (name === "SORT" || name === "SORT_RO") && args.some((arg) => ["BY", "GET"].includes(optionWord(arg)))
    && sortsShuffled({ args, previous })
}

/** Key events, those of keys that were not there any more behind the others and in any order. */
const missesLast = (events: ReadonlyArray<string>): ReadonlyArray<string> => {
  const isMiss = (event: string): boolean => /keymiss|expired/.test(event)
  return [...events.filter((event) => !isMiss(event)), ...events.filter(isMiss).sort()]
}

/** An error that quotes an id or an address, of which each server has its own. */
const quotesItsOwn = ({ args, candidate, reference }: Exchange): boolean => {
  const withoutIt = (value: ReplyValue) => canonical(value).replace(/(127\.0\.0\.1:)?\d+/g, "#")
  return args.some((arg) => arg.includes("\u0100")) && withoutIt(reference) === withoutIt(candidate)
}

/** The connections that CLIENT TRACKING names. */
const redirectionsOf = (args: ReadonlyArray<string>): ReadonlyArray<number> =>
  args[1]?.toUpperCase() === "TRACKING" ? args.flatMap(connectionOf) : []

/** Channels are left in the order of a dictionary. */
const leftAll = ({ candidate, reference }: Exchange): boolean =>
  /^[ps]?unsubscribe$/.test(text(elements(reference)[0]))
  && text(elements(candidate)[0]) === text(elements(reference)[0])
  && Handlings.same(elements(candidate).at(-1) ?? candidate, elements(reference).at(-1) ?? reference)

const send = (lane: Lane, steps: ReadonlyArray<Step>): Effect.Effect<void, ConnectionError> =>
  Effect.gen(function*() {
    const [first] = steps
    if (first === undefined) return
    const client = yield* lane.connection(first.connection)
    client.write(Buffer.concat(steps.map((step) => lane.encode(step))))
  })

/** Waits for so many replies; what a server does not say in time, or before it hangs up, it does not say. */
const receive = (
  lane: Lane,
  connection: number,
  count: number
): Effect.Effect<ReadonlyArray<Received>, ConnectionError> =>
  Effect.gen(function*() {
    const client = yield* lane.connection(connection)
    const replies = yield* client.take(count).pipe(
      Effect.timeoutOption(patience),
      Effect.catchTag("ConnectionError", () => Effect.succeed(Option.none<Array<Received>>()))
    )
    return Option.getOrElse(replies, () => client.takeReceived())
  })

/** CLIENT KILL may have hit the connection that asks. */
const ping = (lane: Lane) => lane.ask([["PING"]]).pipe(Effect.retry({ times: 2 }), Effect.timeoutOption(patience))

const nextEventLoopTurn: Effect.Effect<void> = Effect.callback((resume) => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})
