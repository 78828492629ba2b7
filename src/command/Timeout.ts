/** How long a command may wait, in milliseconds as most commands take it. */
import * as CommandError from "./CommandError.ts"
import type { Request } from "./Request.ts"

const badTimeout = CommandError.make("ERR timeout is not an integer or out of range")
const negativeTimeout = CommandError.make("ERR timeout is negative")

export const timeoutAt = (request: Request, index: number): number => {
  const timeout = request.integer(index, badTimeout)
  if (timeout < 0) throw negativeTimeout
  return Number(timeout)
}
