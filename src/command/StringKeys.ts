/** Looking up keys that must hold strings, for the families that work on them. */
import type { Ref } from "../memory/Arena.ts"
import type { Database } from "../store/Database.ts"
import { Type } from "../store/Entry.ts"
import * as CommandError from "./CommandError.ts"
import type { Request } from "./Request.ts"

/** The entry that was found, or 0; fails when it holds another type. */
export const orFail = (db: Database, ref: Ref): Ref => {
  if (ref !== 0 && db.type(ref) !== Type.string) throw CommandError.wrongType
  return ref
}

/** The string at the key in argument `index`, or 0, for a command that reads. */
export const read = (db: Database, request: Request, index: number): Ref =>
  orFail(db, db.read(request.buffer(index), request.start(index), request.end(index)))

/** The string at the key in argument `index`, or 0, for a command that writes. */
export const write = (db: Database, request: Request, index: number): Ref =>
  orFail(db, db.write(request.buffer(index), request.start(index), request.end(index)))
