// Figures for people.

const UNITS = ["B", "KB", "MB", "GB", "TB"]

export const bytes = (count) => {
  let size = Number(count)
  let unit = 0
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(size) : size.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)} ${UNITS[unit]}`
}

export const count = (value) => Math.round(Number(value)).toLocaleString("en-US")

/** 12.3k: where there is little room. */
export const short = (value) => {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)}k`
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)}k`
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1)
}

/** From milliseconds. */
export const duration = (milliseconds) => {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`
}

/** From microseconds. */
export const brief = (microseconds) => {
  if (microseconds === 0) return "0"
  if (microseconds < 1000) return `${microseconds < 10 ? microseconds.toFixed(1) : Math.round(microseconds)} µs`
  if (microseconds < 1e6) {
    return `${(microseconds / 1000).toFixed(microseconds < 1e4 ? 2 : microseconds < 1e5 ? 1 : 0)} ms`
  }
  return `${(microseconds / 1e6).toFixed(2)} s`
}

export const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString("en-GB")

/** The fields of an INFO line such as `keys=1,expires=0`. */
export const pairs = (line = "") => Object.fromEntries(line.split(",").map((pair) => pair.split("=")))
