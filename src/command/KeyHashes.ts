/**
 * The hashes of the keys of a command with many, from argument 1 on: taken for some keys at once, so that their entries
 * are fetched from memory side by side (`ByteDict.prefetch`).
 */
import { MOST_PREFETCHED } from "../memory/ByteDict.ts"
import type { Database } from "../store/Database.ts"
import type { Request } from "./Request.ts"

export class KeyHashes {
  private readonly codes = new Int32Array(MOST_PREFETCHED)
  private readonly step: number

  /** Every `step`th argument is a key. */
  constructor(step: number) {
    this.step = step
  }

  /** The hash of the key in argument `index`. To be asked for one key after the other, beginning with the first. */
  at(db: Database, request: Request, index: number): number {
    const place = (((index - 1) / this.step) | 0) % MOST_PREFETCHED
    if (place === 0) this.take(db, request, index)
    return this.codes[place] as number
  }

  private take(db: Database, request: Request, from: number): void {
    let count = 0
    for (let index = from; index < request.count && count < MOST_PREFETCHED; index += this.step) {
      this.codes[count++] = db.dict.hash(request.buffer(index), request.start(index), request.end(index))
    }
    db.dict.prefetch(this.codes, count)
  }
}
