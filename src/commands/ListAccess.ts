/** How the list commands come by their lists, take elements out of them, and what they tell others of a change. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import type { Ref } from "../memory/Arena.ts"
import * as Bytes from "../memory/Bytes.ts"
import * as Listpack from "../memory/Listpack.ts"
import * as Reply from "../resp/Reply.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import type { Store } from "../store/Store.ts"
import * as ListType from "../store/types/ListType.ts"
import { Quicklist } from "../store/types/Quicklist.ts"

/** An end of a list, by the names of its event, of the command that pops there, and of the argument. */
export interface End {
  readonly tail: boolean
  readonly popEvent: string
  readonly pushEvent: string
  readonly word: string
}
export const head: End = { tail: false, popEvent: "lpop", pushEvent: "lpush", word: "left" }
export const tail: End = { tail: true, popEvent: "rpop", pushEvent: "rpush", word: "right" }

/** LEFT or RIGHT. */
export const endAt = (request: Request, index: number): End => {
  if (request.is(index, "LEFT")) return head
  if (request.is(index, "RIGHT")) return tail
  throw CommandError.syntax
}

/** Elements up to here are copied to a buffer that is there already. */
const SMALL = 4096

/** The bytes of an element that was taken out of a list: good until the next one is. */
export interface Taken {
  bytes: Uint8Array
  end: number
}

const noBytes = new Uint8Array(0)

/**
 * One family's way to lists. Short lists are shown by scratch objects: a list is good until another one is opened in
 * the same place.
 */
export class ListAccess {
  private readonly first: Quicklist
  private readonly second: Quicklist
  private readonly store: Store["Service"]
  private small: Uint8Array | undefined = undefined
  private readonly taken: Taken = { bytes: noBytes, end: 0 }

  constructor(store: Store["Service"]) {
    this.store = store
    const { arena } = store.database(0).space
    this.first = new Quicklist(arena)
    this.second = new Quicklist(arena)
  }

  database(request: Request): Database {
    return this.store.database(request.session.db)
  }

  /** The list of an entry, undefined for none; fails when it is something else. */
  listOf(db: Database, ref: Ref): Quicklist | undefined {
    if (ref === 0) return undefined
    if (db.type(ref) !== Type.list) throw CommandError.wrongType
    return ListType.open(db, ref, this.first)
  }

  /** The list under the key at `index`, for a command that reads. */
  toRead(db: Database, request: Request, index: number): Quicklist | undefined {
    return this.listOf(db, db.read(request.buffer(index), request.start(index), request.end(index)))
  }

  /** Adds elements of the request, `from` the first to the last, to a list that is there or to a new one. */
  pushAll(db: Database, request: Request, ref: Ref, end: End, from: number): number {
    const limits = ListType.limitsOf(db, ref)
    const list = this.listOf(db, ref) ?? this.emptied(db)
    for (let i = from; i < request.count; i++) {
      list.push(end.tail, request.buffer(i), request.start(i), request.end(i), limits)
    }
    const { length } = list
    const key = request.buffer(1)
    const start = request.start(1)
    const stop = request.end(1)
    if (ref === 0) ListType.add(db, key, start, stop, list, db.code)
    else ListType.close(db, ref, list)
    db.changed(key, start, stop, KeyEventClass.list, end.pushEvent)
    db.state.dirty += request.count - from - 1
    return length
  }

  private emptied(db: Database): Quicklist {
    this.first.clear(db.space.arena)
    return this.first
  }

  /** Adds one element to the list of an entry, or under a key that is not there. */
  pushOne(
    db: Database,
    key: Uint8Array,
    start: number,
    stop: number,
    ref: Ref,
    end: End,
    { bytes, end: to }: Taken
  ): void {
    const scratch = this.second
    let list = scratch
    if (ref === 0) scratch.clear(db.space.arena)
    else list = ListType.open(db, ref, scratch)
    list.push(end.tail, bytes, 0, to, ListType.limitsOf(db, ref))
    if (ref === 0) ListType.add(db, key, start, stop, list)
    else ListType.close(db, ref, list)
  }

  /** Copies the element at an end. */
  copyEnd(list: Quicklist, end: End): Taken {
    const { taken } = this
    const element = list.end(end.tail)
    const size = element.end - element.start
    taken.end = size
    taken.bytes = size > SMALL ? new Uint8Array(size) : this.small ??= new Uint8Array(SMALL)
    Bytes.copy(element.bytes, element.start, element.end, taken.bytes, 0)
    return taken
  }

  /** Takes the element at an end out of a list, which may leave it empty. */
  takeEnd(list: Quicklist, end: End): Taken {
    const taken = this.copyEnd(list, end)
    list.pop(end.tail)
    return taken
  }

  /**
   * Keeps a list of which `count` elements were removed, or deletes it with the last of them; tells of both. Who is
   * `served` by a push takes what never was there for others: the push has told that the key is modified.
   */
  removed(
    db: Database,
    key: Uint8Array,
    start: number,
    stop: number,
    ref: Ref,
    list: Quicklist,
    event: string,
    count: number,
    served = false
  ): void {
    const emptied = list.length === 0
    if (!emptied) ListType.close(db, ref, list)
    if (served) {
      db.state.dirty++
      db.state.event(db.index, KeyEventClass.list, event, key, start, stop)
    } else db.changed(key, start, stop, KeyEventClass.list, event)
    db.state.dirty += count - 1
    if (!emptied) return
    ListType.deleteEmpty(db, ref)
    db.state.event(db.index, KeyEventClass.generic, "del", key, start, stop)
  }

  /** Takes up to `count` elements from an end of a list out, and tells. The reply has them in the order of popping. */
  popMany(
    db: Database,
    key: Uint8Array,
    start: number,
    stop: number,
    ref: Ref,
    list: Quicklist,
    end: End,
    count: number
  ): { readonly reply: Reply.Reply; readonly count: number } {
    const some = Math.min(count, list.length)
    const from = end.tail ? list.length - some : 0
    const copied = list.copyRange(from, some)
    list.removeRange(from, some)
    this.removed(db, key, start, stop, ref, list, end.popEvent, some)
    return { reply: listpackReply(copied, some, end.tail), count: some }
  }
}

export const takenReply = ({ bytes, end }: Taken): Reply.Reply => Reply.bulk(bytes, 0, end)

/** `count` elements of a list from an index on; encoded before the list changes. */
export const rangeReply = (list: Quicklist, from: number, count: number): Reply.Reply =>
  Reply.encoded((out) => {
    out.arrayHeader(count)
    list.forEach(from, count, (bytes, start, end) => out.bulk(bytes, start, end))
  })

/** The elements of a listpack, the last one first if so told. */
const listpackReply = (bytes: Uint8Array, count: number, backwards: boolean): Reply.Reply =>
  Reply.encoded((out) => {
    out.arrayHeader(count)
    const element = new Listpack.Element()
    if (backwards) {
      for (let p = Listpack.last(bytes, 0); p !== -1; p = Listpack.previous(bytes, 0, p)) {
        element.readText(bytes, p)
        out.bulk(element.bytes, element.start, element.end)
      }
      return
    }
    for (let p = Listpack.first(0); !Listpack.isEnd(bytes, p);) {
      p = element.readText(bytes, p)
      out.bulk(element.bytes, element.start, element.end)
    }
  })
