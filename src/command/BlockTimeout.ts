/** How long a client is ready to wait: seconds with a fraction, as BLPOP and its like have them. */
import * as LongDouble from "../memory/LongDouble.ts"
import * as CommandError from "./CommandError.ts"
import type { Request } from "./Request.ts"

const notAFloat = CommandError.make("ERR timeout is not a float or out of range")
const negative = CommandError.make("ERR timeout is negative")

/** Redis has it in milliseconds in 64 bits, and beyond them it is negative there. */
const TOO_LONG = 2 ** 63

/** An argument as milliseconds; 0: for ever. */
export const at = (request: Request, index: number): number => {
  const seconds = LongDouble.parse(request.buffer(index), request.start(index), request.end(index))
  if (seconds === undefined) throw notAFloat
  const milliseconds = Math.ceil(LongDouble.toNumber(seconds) * 1000)
  if (milliseconds < 0 || milliseconds >= TOO_LONG) throw negative
  // Not -0, which a very small negative number comes to.
  return milliseconds + 0
}
