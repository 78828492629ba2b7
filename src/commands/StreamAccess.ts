/** How the stream commands come by their streams and groups, and what they tell others of a change. */
import * as CommandError from "../command/CommandError.ts"
import type { Request } from "../command/Request.ts"
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import { KeyEventClass } from "../store/KeyEvents.ts"
import type { ConsumerGroup } from "../store/types/ConsumerGroup.ts"
import type { Stream } from "../store/types/Stream.ts"
import * as StreamType from "../store/types/StreamType.ts"

/** The stream of an entry, undefined for none; fails when it is something else. */
export const streamOf = (db: Database, ref: Ref): Stream | undefined => {
  if (ref === 0) return undefined
  if (db.type(ref) !== Type.stream) throw CommandError.wrongType
  return StreamType.at(db, ref)
}

/** The stream under the key at `index`, for a command that reads. */
export const streamToRead = (db: Database, request: Request, index: number): Stream | undefined =>
  streamOf(db, db.read(request.buffer(index), request.start(index), request.end(index)))

/** The stream under the key at `index`, for a command that writes. */
export const streamToWrite = (db: Database, request: Request, index: number): Stream | undefined =>
  streamOf(db, db.write(request.buffer(index), request.start(index), request.end(index)))

/** The same for a command that changes the stream although it counts as one that reads, as in Redis. */
export const streamToChange = (db: Database, request: Request, index: number): Stream | undefined => {
  const ref = db.read(request.buffer(index), request.start(index), request.end(index))
  if (ref !== 0) db.beforeChange(ref)
  return streamOf(db, ref)
}

/** The group named at `groupAt` of the stream under the key at `keyAt`, which must be there. */
export const groupOf = (
  stream: Stream | undefined,
  request: Request,
  keyAt: number,
  groupAt: number,
  where = ""
): ConsumerGroup => {
  const group = stream?.group(request.bytes(groupAt))
  if (group !== undefined) return group
  throw CommandError.make(
    `NOGROUP No such key '${request.quoted(keyAt)}' or consumer group '${request.quoted(groupAt)}'${where}`
  )
}

export const noSuchGroup = (request: Request, keyAt: number, groupAt: number): CommandError.CommandError =>
  CommandError.make(
    `NOGROUP No such consumer group '${request.quoted(groupAt)}' for key name '${request.quoted(keyAt)}'`
  )

/**
 * What happens to groups does not change the stream for who WATCHes its key, but it is a change, and has an event.
 */
export const groupEvent = (db: Database, key: Uint8Array, start: number, end: number, event: string): void => {
  const { state } = db
  if (state.interest !== 0) state.event(db.index, KeyEventClass.stream, event, key, start, end)
}

/** `groupEvent` on the key at `index`, counted as a change. */
export const groupChanged = (db: Database, request: Request, index: number, event: string): void => {
  db.state.dirty++
  groupEvent(db, request.buffer(index), request.start(index), request.end(index), event)
}
