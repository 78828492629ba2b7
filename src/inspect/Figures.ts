/** How INFO and its like print figures. */

const UNITS = ["K", "M", "G", "T", "P"]

/** A number of bytes for people: `512B`, `1.50M`. */
export const humanBytes = (bytes: number): string => {
  if (bytes < 1024) return `${bytes}B`
  let size = bytes / 1024
  let unit = 0
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024
    unit++
  }
  return `${size.toFixed(2)}${UNITS[unit]}`
}

/** A ratio with two digits; 0 when there is nothing to compare with. */
export const ratio = (part: number, whole: number): number => whole === 0 ? 0 : part / whole

export const percent = (part: number, whole: number): string => `${(ratio(part, whole) * 100).toFixed(2)}%`
