/**
 * The log in redis-server's form: `PID:ROLE date mark message`, on the standard output or in a file, from
 * `loglevel` up. Effect's levels stand for Redis's: Trace for debug, Debug for verbose, Info for notice, Warn and above
 * for warning.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Fs from "node:fs"
import { Config } from "../config/Config.ts"

const ORDER = { debug: 0, verbose: 1, notice: 2, warning: 3 } as const
const MARKS = [".", "-", "*", "#"] as const

const rankOf = (level: LogLevel.LogLevel): number =>
  level === "Trace" || level === "All" ? 0 : level === "Debug" ? 1 : level === "Info" ? 2 : 3

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const two = (value: number): string => String(value).padStart(2, "0")

/** `01 Jan 2026 00:00:00.000` in local time. */
export const formatDate = (date: Date): string =>
  `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()} ${two(date.getHours())}:`
  + `${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`

/** Writes what Effect logs; `role` is M for a master and S for a replica. */
export const layer = (role: () => string = () => "M"): Layer.Layer<never, never, Config> =>
  Layer.unwrap(Effect.map(Config, ({ values }) => {
    const write = (line: string): void => {
      // Opened for each line, so that a log that was moved away is begun anew
      if (values.logfile === "") process.stdout.write(line)
      else Fs.appendFileSync(values.logfile, line)
    }
    const logger = Logger.make<unknown, void>(({ cause, date, logLevel, message }) => {
      const rank = rankOf(logLevel)
      if (rank < ORDER[values.loglevel]) return
      const parts = (Array.isArray(message) ? message : [message]).map(String)
      if (cause.reasons.length > 0) parts.push(Cause.pretty(cause))
      write(`${process.pid}:${role()} ${formatDate(date)} ${MARKS[rank]} ${parts.join(" ")}\n`)
    })
    return Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  }))
