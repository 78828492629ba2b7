/**
 * What clients are told that cache keys: which of them are not valid any more, or that none is. As a push in RESP3, as
 * a message on a channel of its own for those who get it over another, subscribed connection.
 */
import { bulks, head, Mark } from "./Bulks.ts"

/** The channel on which a RESP2 connection gets invalidations. */
export const CHANNEL = "__redis__:invalidate"

export class Invalidation {
  private readonly body: Buffer
  private push: Buffer | undefined = undefined
  private message: Buffer | undefined = undefined

  constructor(body: Buffer) {
    this.body = body
  }

  asPush(): Buffer {
    return this.push ??= Buffer.concat([head(Mark.push, 2), PUSH_NAME, this.body])
  }

  asMessage(): Buffer {
    return this.message ??= Buffer.concat([head(Mark.array, 3), MESSAGE_NAME, this.body])
  }
}

const PUSH_NAME = bulks([Buffer.from("invalidate")])
const MESSAGE_NAME = bulks([Buffer.from("message"), Buffer.from(CHANNEL)])

/** Some keys. */
export const ofKeys = (keys: ReadonlyArray<Uint8Array>): Invalidation =>
  new Invalidation(Buffer.concat([head(Mark.array, keys.length), bulks(keys)]))

/** Everything; the null is of the protocol of the client that caches, whoever gets the message for it. */
export const ofAll = (resp: number): Invalidation => new Invalidation(Buffer.from(resp === 3 ? "_\r\n" : "$-1\r\n"))
