/** How points and distances look in replies. */
import * as Returns from "../command/Returns.ts"
import * as Doubles from "../memory/Doubles.ts"
import * as LongDouble from "../memory/LongDouble.ts"
import type { Output } from "../resp/Output.ts"

export const coordinates = Returns.tuple("Coordinates", { longitude: Returns.double, latitude: Returns.double })

/** Writes a distance in some unit, with four decimals. */
export const distance = (out: Output, value: number): void => out.text(Doubles.toFixedText(value, 4))

/** Writes a point as longitude and latitude. */
export const point = (out: Output, longitude: number, latitude: number): void => {
  out.arrayHeader(2)
  // As many decimals as there are, up to 17
  out.decimal(LongDouble.toText(longitude))
  out.decimal(LongDouble.toText(latitude))
}
