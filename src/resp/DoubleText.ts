/** How RESP writes doubles: C's `%.17g`, and `inf`, `-inf`, `nan`. */
export const doubleToText = (value: number): string => {
  if (Number.isNaN(value)) return "nan"
  if (value === Infinity) return "inf"
  if (value === -Infinity) return "-inf"
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? "-0" : String(value)
  return String(value)
}
