/**
 * The log in redis-server's form: `PID:ROLE date mark message`, on the standard output or in a file, from
 * `loglevel` up. Effect's levels stand for Redis's: Trace for debug, Debug for verbose, Info for notice, Warn and above
 * for warning. `log-format` has the lines as JSON or logfmt instead, in Effect's form.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Fs from "node:fs"
import { Config } from "../config/Config.ts"

const ORDER = ["debug", "verbose", "notice", "warning"] as const
const MARKS = { debug: ".", verbose: "-", notice: "*", warning: "#" } as const

const levelOf = (level: LogLevel.LogLevel): typeof ORDER[number] => {
  switch (level) {
    case "All":
    case "Trace":
      return "debug"
    case "Debug":
      return "verbose"
    case "Info":
      return "notice"
    default:
      return "warning"
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const two = (value: number): string => String(value).padStart(2, "0")

/** `01 Jan 2026 00:00:00.000` in local time. */
export const formatDate = (date: Date): string =>
  `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()} ${two(date.getHours())}:`
  + `${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`

/** One line of the log; `role` is M for a master and S for a replica. */
export const format = (date: Date, level: keyof typeof MARKS, message: string, role = "M"): string =>
  `${process.pid}:${role} ${formatDate(date)} ${MARKS[level]} ${message}\n`

/** Writes what Effect logs. */
export const layer = (): Layer.Layer<never, never, Config> =>
  Layer.unwrap(Effect.map(Config, ({ values }) => {
    const role = (): string => values.replicaof === undefined ? "M" : "S"
    const write = (line: string): void => {
      // Opened for each line, so that a log that was moved away is begun anew
      if (values.logfile === "") process.stdout.write(line)
      else Fs.appendFileSync(values.logfile, line)
    }
    const logger = Logger.make<unknown, void>((options) => {
      const { cause, date, logLevel, message } = options
      const level = levelOf(logLevel)
      if (ORDER.indexOf(level) < ORDER.indexOf(values.loglevel)) return
      if (values["log-format"] === "json") return write(`${Logger.formatJson.log(options)}\n`)
      if (values["log-format"] === "logfmt") return write(`${Logger.formatLogFmt.log(options)}\n`)
      const parts = (Array.isArray(message) ? message : [message]).map(String)
      if (cause.reasons.length > 0) parts.push(Cause.pretty(cause))
      write(format(date, level, parts.join(" "), role()))
    })
    return Layer.mergeAll(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  }))
