/**
 * Sorts what a connection received into replies and what came on its own. Inside EXEC's answer both stand in one row, and
 * what was pushed there counts for the row's length, so that its last replies follow behind it.
 */
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import type { Received } from "../support/RawClient.ts"
import { canonical } from "./Canonical.ts"
import { text } from "./Grammar.ts"

export interface Item {
  readonly isPush: boolean
  /** A reply; of EXEC without what was pushed meanwhile. */
  readonly value: ReplyValue
  readonly raw: Uint8Array
}

export interface Arrangement {
  readonly items: ReadonlyArray<Item>
  /**
   * Key events, in their order. A client that listens to its own events gets them before or behind its reply, just where
   * the command's code stands in redis-server: that place is not compared. The same holds for invalidations that a
   * client gets for another one; they come behind the key events here.
   */
  readonly events: ReadonlyArray<string>
}

export interface Circumstances {
  /** The commands that wait for replies. */
  readonly unanswered: ReadonlyArray<ReadonlyArray<string>>
  /** Those of a transaction that EXEC runs. */
  readonly queued: ReadonlyArray<ReadonlyArray<string>>
  /** Whether the connection gets another one's invalidations. */
  readonly isRedirected: boolean
}

export const arrange = (
  received: ReadonlyArray<Received>,
  { isRedirected, queued, unanswered }: Circumstances
): Arrangement => {
  const isEvent = (value: ReplyValue): boolean => isKeyEvent(value) || (isRedirected && isInvalidation(value))
  const items: Array<Item> = []
  const rest = [...received]
  const commands = [...unanswered]
  let inTransaction = [...queued]
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    const { raw, value } = next
    const command = commands[0]
    if (isPushed(value, command?.[0])) {
      items.push({ isPush: true, value, raw: bytesOf(value, raw) })
      continue
    }
    commands.shift()
    if (value._tag === "Simple" && value.text === "QUEUED" && command !== undefined) inTransaction.push(command)
    if (command?.[0]?.toUpperCase() !== "EXEC" || value._tag !== "Array") {
      items.push({ isPush: false, value, raw })
      continue
    }
    items.push(...arrangeTransaction(value.items, raw, inTransaction, rest, isEvent))
    inTransaction = []
  }
  return {
    items: alike(items.filter(({ value }) => !isEvent(value))),
    events: [...eventsOf(items, isKeyEvent), ...(isRedirected ? eventsOf(items, isInvalidation) : [])]
  }
}

const arrangeTransaction = (
  row: ReadonlyArray<ReplyValue>,
  raw: Uint8Array,
  queued: ReadonlyArray<ReadonlyArray<string>>,
  rest: Array<Received>,
  isEvent: (value: ReplyValue) => boolean
): ReadonlyArray<Item> => {
  const pushes: Array<Item> = []
  const replies: Array<ReplyValue> = []
  const raws = [raw]
  const take = (value: ReplyValue): void => {
    if (isPushed(value, queued[replies.length]?.[0])) {
      pushes.push({ isPush: true, value, raw: Buffer.from(canonical(value)) })
    } else replies.push(value)
  }
  for (const value of row) take(value)
  while (replies.length < row.length) {
    const next = rest.shift()
    if (next === undefined) break
    raws.push(next.raw)
    take(next.value)
  }
  // With key events in it, the place of which is left open, the row's bytes say nothing
  const comparable = pushes.some(({ value }) => isEvent(value)) ? Buffer.from(replies.map(canonical).join()) : undefined
  return [...pushes, {
    isPush: false,
    value: { _tag: "Array", items: replies },
    raw: comparable ?? Buffer.concat(raws)
  }]
}

/** The client that is gone has an id of its own on either server. */
const isBrokenRedirection = (value: ReplyValue): boolean =>
  value._tag === "Push" && text(value.items[0]) === "tracking-redir-broken"

const bytesOf = (value: ReplyValue, raw: Uint8Array): Uint8Array =>
  isBrokenRedirection(value) ? Buffer.from(canonicalEvent(value)) : raw

const canonicalEvent = (value: ReplyValue): string =>
  isBrokenRedirection(value) ? "tracking-redir-broken" : canonical(value)

/**
 * Whether something came on its own, in either protocol version. A (un)subscribing command is answered with one
 * confirmation for each channel; the first is its reply, the others count as come on their own.
 */
const isPushed = (value: ReplyValue, command: string | undefined): boolean => {
  if (value._tag !== "Push" && value._tag !== "Array") return false
  const kind = text(value.items[0])
  if (/^[ps]?(un)?subscribe$/.test(kind) && value.items.length === 3) return command?.toLowerCase() !== kind
  return value._tag === "Push" || /^[ps]?message$/.test(kind)
}

/** The last part but one of a message names its channel. */
const isKeyEvent = (value: ReplyValue): boolean =>
  (value._tag === "Push" || value._tag === "Array") && /^p?message$/.test(text(value.items[0]))
  && text(value.items.at(-2)).startsWith("__key")

const isInvalidation = (value: ReplyValue): boolean =>
  isBrokenRedirection(value) || value._tag === "Push" && text(value.items[0]) === "invalidate"
  || value._tag === "Array" && text(value.items[0]) === "message" && text(value.items[1]) === "__redis__:invalidate"

const eventsOf = (items: ReadonlyArray<Item>, which: (value: ReplyValue) => boolean): ReadonlyArray<string> =>
  alike(items.filter(({ value }) => which(value))).map(({ value }) => canonicalEvent(value))

/** A message that matches several patterns of a client comes once for each, in the order of a dictionary. */
const alike = (items: ReadonlyArray<Item>): ReadonlyArray<Item> => {
  const sorted: Array<Item> = []
  let run: Array<Item> = []
  const end = (): void => {
    sorted.push(...run.sort((a, b) => canonical(a.value) < canonical(b.value) ? -1 : 1))
    run = []
  }
  for (const item of items) {
    const last = run.at(-1)
    if (last !== undefined && messageOf(last.value) !== messageOf(item.value)) end()
    if (messageOf(item.value) === undefined) sorted.push(item)
    else run.push(item)
  }
  end()
  return sorted
}

/** Channel and text of what came by a pattern. */
const messageOf = (value: ReplyValue): string | undefined =>
  (value._tag === "Push" || value._tag === "Array") && text(value.items[0]) === "pmessage"
    ? value.items.slice(2).map(canonical).join()
    : undefined
