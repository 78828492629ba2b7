/** What LMOVE, LMPOP and their waiting kin have in common. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import * as ListType from "../store/types/ListType.ts"
import { type End, endAt, type ListAccess, takenReply } from "./ListAccess.ts"

const badKeyCount = CommandError.make("ERR numkeys should be greater than 0")
const badCount = CommandError.make("ERR count should be greater than 0")

/** The arguments of LMPOP from the number of keys on. */
export interface PopMany {
  /** Number of keys, which follow their number. */
  readonly keys: number
  readonly end: End
  /** How many elements at most. */
  readonly count: number
}

export const popManyOptions = (request: Request, index: number): PopMany => {
  const keys = request.integer(index, badKeyCount)
  if (keys < 1) throw badKeyCount
  const whereAt = index + 1 + Number(keys)
  if (whereAt >= request.count) throw CommandError.syntax
  const end = endAt(request, whereAt)
  let count: number | undefined
  for (let i = whereAt + 1; i < request.count; i += 2) {
    if (count !== undefined || i + 1 >= request.count || !request.is(i, "COUNT")) throw CommandError.syntax
    const value = request.integer(i + 1, badCount)
    if (value < 1) throw badCount
    count = Number(value)
  }
  return { keys: Number(keys), end, count: count ?? 1 }
}

/** Moves an element from the list at the first key to the one at the second; nil when there is none. */
export const moveElement = (lists: ListAccess, db: Database, request: Request, from: End, to: End): Reply.Reply => {
  const source = db.write(request.buffer(1), request.start(1), request.end(1))
  if (source === 0) return Reply.nil
  if (db.type(source) !== Type.list) throw CommandError.wrongType
  const target = db.write(request.buffer(2), request.start(2), request.end(2))
  return moveBetween(
    lists,
    db,
    { bytes: request.buffer(1), start: request.start(1), end: request.end(1), ref: source },
    { bytes: request.buffer(2), start: request.start(2), end: request.end(2), ref: target },
    from,
    to
  )
}

/** A key with its entry, 0 for none. */
export interface Place {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  readonly ref: Ref
}

/**
 * Moves an element of the list at `source`, which is there; fails when the target is no list. For a client that waited
 * for it, `receiver` has its id: what arrives at the target is its doing.
 */
export const moveBetween = (
  lists: ListAccess,
  db: Database,
  source: Place,
  target: Place,
  from: End,
  to: End,
  receiver?: number
): Reply.Reply => {
  const list = lists.listOf(db, source.ref)
  if (target.ref !== 0 && db.type(target.ref) !== Type.list) throw CommandError.wrongType
  // The caller has looked.
  if (list === undefined) return Reply.nil
  const { state } = db
  const taken = lists.takeEnd(list, from)
  // What becomes of a list that goes on with other nodes is settled once, by `removed`
  if (source.ref === target.ref) list.push(to.tail, taken.bytes, 0, taken.end, ListType.limitsOf(db, source.ref))
  else lists.pushOne(db, target.bytes, target.start, target.end, target.ref, to, taken)
  state.actingFor(
    receiver ?? state.client,
    () => db.changed(target.bytes, target.start, target.end, KeyEventClass.list, to.pushEvent)
  )
  state.dirty--
  const served = receiver !== undefined
  lists.removed(db, source.bytes, source.start, source.end, source.ref, list, from.popEvent, 1, served)
  return takenReply(taken)
}
