/**
 * Takes out of a generated command what no test can wait for or depend on: an expiry or a timeout that would come true while the test
 * runs makes two correct servers differ, and some commands answer a big number with as many elements. Works on the finished
 * words, because a malformed command may have a number anywhere.
 */
import type { Grammar } from "./Grammar.ts"
import { optionWord } from "./Step.ts"
import { overAtOnce } from "./Vocabulary.ts"

/** Where commands have an expiry at a place of their own, and the unit in milliseconds. */
const expiryPlaces: Readonly<Record<string, readonly [place: number, unit: number]>> = {
  EXPIRE: [2, 1000],
  PEXPIRE: [2, 1],
  SETEX: [2, 1000],
  PSETEX: [2, 1],
  RESTORE: [2, 1]
}
const expiryTokens: Readonly<Record<string, number>> = { EX: 1000, PX: 1 }

/** Where commands that wait say for how long; negative counts from the end. */
const timeoutPlaces: Readonly<Record<string, number>> = {
  BLMOVE: -1,
  BLMPOP: 1,
  BLPOP: -1,
  BRPOP: -1,
  BRPOPLPUSH: -1,
  BZMPOP: 1,
  BZPOPMAX: -1,
  BZPOPMIN: -1,
  WAIT: 2
}

/** Where commands ask how long an entry has been idle: that it is by some milliseconds depends on the server's haste. */
const idlePlaces: Readonly<Record<string, number>> = { XAUTOCLAIM: 4, XCLAIM: 4 }

/** Commands that answer with as many elements as a negative count says. */
const picksWithRepetition: ReadonlySet<string> = new Set(["HRANDFIELD", "SRANDMEMBER", "ZRANDMEMBER"])

/** How many milliseconds a command waits that shall end by its timeout: short against the pause that the runner then makes. */
export const shortTimeout = 20

export const tame = (args: ReadonlyArray<string>, grammar: Grammar): ReadonlyArray<string> => {
  const name = (args[0] ?? "").toUpperCase()
  const tamed = [...args]
  const change = (place: number, tameOne: (arg: string) => string) => {
    const arg = tamed[place]
    if (arg !== undefined && place > 0) tamed[place] = tameOne(arg)
  }
  args.forEach((arg, place) => {
    const unit = expiryTokens[optionWord(arg)]
    if (unit !== undefined) change(place + 1, (time) => far(time, unit))
    if (optionWord(arg) === "BLOCK") change(place + 1, (time) => short(time, 1))
    if (name === "XPENDING" && optionWord(arg) === "IDLE") change(place + 1, none)
  })
  const idle = idlePlaces[name]
  if (idle !== undefined) change(idle, none)
  const expiry = expiryPlaces[name]
  if (expiry !== undefined) {
    change(expiry[0], (time) => name === "PEXPIRE" && time === overAtOnce ? time : far(time, expiry[1]))
  }
  const timeout = grammar.flags.has("blocking") ? timeoutPlaces[name] : undefined
  if (timeout !== undefined) {
    change(timeout < 0 ? tamed.length + timeout : timeout, (time) => short(time, name === "WAIT" ? 1 : 1000))
  }
  if (picksWithRepetition.has(name)) change(2, (count) => Number(count) < -1000 ? "-20" : count)
  return name === "CLIENT" ? tamed.filter(firstPrefixes()) : tamed
}

/** redis-server answers twice when prefixes overlap and the first is not among them: two of CLIENT TRACKING are enough. */
const firstPrefixes = () => {
  let prefixes = 0
  return (arg: string, place: number, args: ReadonlyArray<string>): boolean => {
    if (optionWord(arg) === "PREFIX") prefixes++
    return prefixes <= 2 || (optionWord(arg) !== "PREFIX" && optionWord(args[place - 1] ?? "") !== "PREFIX")
  }
}

/** Whether a command may end by its timeout while the sequence runs. */
export const endsByTimeout = (args: ReadonlyArray<string>): boolean =>
  args.includes(String(shortTimeout)) || args.includes(String(shortTimeout / 1000))

const hour = 3_600_000
const month = 30 * 24 * hour

/** Moves an expiry of less than an hour to ten hours. */
const far = (arg: string, unit: number): string => {
  const time = Number(arg)
  return time > 0 && time * unit < hour ? String(10 * hour / unit) : arg
}

/** A time of less than an hour is none. */
const none = (arg: string): string => {
  const time = Number(arg)
  return time > 0 && time < hour ? "0" : arg
}

/** A timeout is none, months, or short. */
const short = (arg: string, unit: number): string => {
  const time = Number(arg)
  return time > 0 && time * unit < month ? String(shortTimeout / unit) : arg
}
