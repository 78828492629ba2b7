/** Adding members to sorted sets, as ZADD, ZINCRBY and GEOADD do. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as Reply from "../resp/Reply.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import type { Store } from "../store/Store.ts"
import { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import { refToWrite } from "./SortedSetAccess.ts"

// ---- options

export const Option = { nx: 1, xx: 2, gt: 4, lt: 8, ch: 16, incr: 32 } as const
const options: ReadonlyArray<readonly [word: string, bit: number]> = [
  ["NX", Option.nx],
  ["XX", Option.xx],
  ["GT", Option.gt],
  ["LT", Option.lt],
  ["CH", Option.ch],
  ["INCR", Option.incr]
]

/** The bit of the option at `index`, 0 for none. */
export const optionAt = (request: Request, index: number): number => {
  for (const [word, bit] of options) if (request.is(index, word)) return bit
  return 0
}

const bothConditions = CommandError.make("ERR XX and NX options at the same time are not compatible")
const twoComparisons = CommandError.make("ERR GT, LT, and/or NX options at the same time are not compatible")
const oneIncrement = CommandError.make("ERR INCR option supports a single increment-element pair")
const notANumber = CommandError.make("ERR resulting score is not a number (NaN)")

const check = (flags: number, pairs: number): void => {
  const isNew = (flags & Option.nx) !== 0
  const [greater, less] = [(flags & Option.gt) !== 0, (flags & Option.lt) !== 0]
  if (isNew && (flags & Option.xx) !== 0) throw bothConditions
  if ((isNew && (greater || less)) || (greater && less)) throw twoComparisons
  if ((flags & Option.incr) !== 0 && pairs > 1) throw oneIncrement
}

const scoreAt = (request: Request, index: number): number => {
  const score = Doubles.parse(request.buffer(index), request.start(index), request.end(index))
  if (score === undefined) throw CommandError.notAFloat
  return score
}

/** Runs such commands; keeps what that takes. */
export class SortedSetAdder {
  private readonly store: Store["Service"]
  private readonly packed = new PackedSortedSet()
  private readonly scores: Array<number> = []

  constructor(store: Store["Service"]) {
    this.store = store
  }

  /** Runs a request of ZADD's form: key, options, scores and members in turn. `increments`: as with INCR. */
  add(request: Request, increments: boolean): Reply.Reply {
    let flags = increments ? Option.incr : 0
    let at = 2
    for (; at < request.count; at++) {
      const option = optionAt(request, at)
      if (option === 0) break
      flags |= option
    }
    const pairs = (request.count - at) / 2
    if (pairs === 0 || !Number.isInteger(pairs)) throw CommandError.syntax
    if (flags !== 0) check(flags, pairs)
    for (let i = 0; i < pairs; i++) this.scores[i] = scoreAt(request, at + i * 2)
    return this.addScored(request, flags, this.scores, at + 1, 2)
  }

  /** Adds the members of a request, of which the first is at `first` and the next `step` further on, with these scores. */
  addScored(request: Request, flags: number, scores: ReadonlyArray<number>, first: number, step: number): Reply.Reply {
    const isIncrement = (flags & Option.incr) !== 0
    const db = this.store.database(request.session.db)
    const [key, start, end] = [request.buffer(1), request.start(1), request.end(1)]
    let ref = refToWrite(db, request, 1)
    if (ref === 0) {
      if (flags & Option.xx) return isIncrement ? Reply.nil : Reply.integer(0)
      ref = SortedSetType.add(db, key, start, end, request.length(first))
    }
    let set = SortedSetType.open(db, ref, this.packed)
    let added = 0
    let updated = 0
    let score = NaN
    for (let i = 0, member = first; member < request.count; i++, member += step) {
      const [bytes, from, to] = [request.buffer(member), request.start(member), request.end(member)]
      let next = scores[i] as number
      const current = set.seek(bytes, from, to)
      if (Number.isNaN(current)) {
        if (flags & Option.xx) continue
        set = SortedSetType.insert(db, ref, set, bytes, from, to, next)
        added++
      } else {
        if (flags & Option.nx) continue
        if (isIncrement) next += current
        if (Number.isNaN(next)) throw notANumber
        if ((flags & Option.lt && next >= current) || (flags & Option.gt && next <= current)) continue
        if (next !== current) {
          set.rescore(next)
          updated++
        }
      }
      score = next
    }
    if (added + updated > 0) {
      db.changed(key, start, end, KeyEventClass.zset, isIncrement ? "zincr" : "zadd")
      db.state.dirty += added + updated - 1
    }
    if (isIncrement) return Number.isNaN(score) ? Reply.nil : Reply.double(score)
    return Reply.integer(flags & Option.ch ? added + updated : added)
  }
}
