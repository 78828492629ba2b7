/** A little chart of characters, as LATENCY GRAPH draws it: four rows of filled columns over vertical labels. Pure. */

export interface Point {
  readonly value: number
  readonly label: string
}

const ROWS = 4
const COLUMNS = 80
/** What a row shows of a column that ends in it, by thirds; a column that goes on above shows a bar. */
const THIRDS = ["_", "o", "#"]
const STEPS = THIRDS.length * ROWS

/** The chart, in bands of 80 columns. */
export const render = (points: ReadonlyArray<Point>): string => {
  const values = points.map(({ value }) => value)
  const least = Math.min(...values)
  const range = Math.max(...values) - least || 1
  const stepOf = ({ value }: Point): number => Math.min(STEPS - 1, Math.floor(((value - least) * STEPS) / range))
  const bands: Array<string> = []
  for (let at = 0; at < points.length; at += COLUMNS) {
    const band = points.slice(at, at + COLUMNS)
    const lines = Array.from({ length: ROWS }, (_, row) =>
      band.map((point) => {
        const third = stepOf(point) - (ROWS - row - 1) * THIRDS.length
        return third < 0 ? " " : THIRDS[third] ?? "|"
      }))
    const longest = Math.max(...band.map(({ label }) => label.length))
    lines.push(band.map(() => " "))
    for (let row = 0; row < longest; row++) lines.push(band.map(({ label }) => label[row] ?? " "))
    bands.push(lines.map((line) => `${line.join("")}\n`).join(""))
  }
  return bands.join("\n")
}
