/** How the sorted set commands come by their sets, and what they tell others of a change. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import type { PackedSortedSet } from "../store/types/PackedSortedSet.ts"
import type { SortedSet } from "../store/types/SortedSet.ts"
import * as SortedSetType from "../store/types/SortedSetType.ts"
import type { TreeSortedSet } from "../store/types/TreeSortedSet.ts"

/** The entry that was found, or 0; fails when it is no sorted set. */
export const orFail = (db: Database, ref: Ref): Ref => {
  if (ref !== 0 && db.type(ref) !== Type.zset) throw CommandError.wrongType
  return ref
}

/** The sorted set under the key at `index`, undefined for none, for a command that reads. */
export const setToRead = (
  db: Database,
  request: Request,
  index: number,
  packed: PackedSortedSet
): SortedSet | undefined => {
  const ref = orFail(db, db.read(request.buffer(index), request.start(index), request.end(index)))
  return ref === 0 ? undefined : SortedSetType.open(db, ref, packed)
}

/** The entry of the sorted set under the key at `index`, or 0, for a command that writes. */
export const refToWrite = (db: Database, request: Request, index: number): Ref =>
  orFail(db, db.write(request.buffer(index), request.start(index), request.end(index)))

/** Tells of `removed` members that are gone, and of the key if none is left, which is deleted then. */
export const afterRemoval = (
  db: Database,
  ref: Ref,
  set: SortedSet,
  key: Uint8Array,
  start: number,
  end: number,
  event: string,
  removed: number
): void => {
  const isEmpty = set.length === 0
  if (isEmpty) db.delete(ref, false)
  db.changed(key, start, end, KeyEventClass.zset, event)
  db.state.dirty += removed - 1
  if (isEmpty && db.state.interest !== 0) db.state.event(db.index, KeyEventClass.generic, "del", key, start, end)
}

/** Puts a set that was built aside under the key at `index`, or deletes that key if the set is empty; tells of it. */
export const storeResult = (
  db: Database,
  request: Request,
  index: number,
  tree: TreeSortedSet,
  event: string
): Reply.Reply => {
  const [bytes, start, end] = [request.buffer(index), request.start(index), request.end(index)]
  const { length } = tree
  if (length > 0) {
    SortedSetType.put(db, { bytes, start, end }, tree)
    db.changed(bytes, start, end, KeyEventClass.zset, event)
    return Reply.integer(length)
  }
  SortedSetType.discard(tree)
  const old = db.findAny(bytes, start, end)
  if (old !== 0) {
    db.delete(old, db.state.settings.lazyServerDel)
    db.changed(bytes, start, end, KeyEventClass.generic, "del")
  }
  return Reply.integer(0)
}
