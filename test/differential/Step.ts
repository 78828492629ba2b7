/**
 * What the tester does to both servers, step by step. A step is plain data, so that a sequence can be replayed, cut down and printed.
 * Arguments are strings with one character per byte.
 */
import { quote } from "../support/RawClient.ts"

export type Step =
  /** One command on one of the test's connections. */
  | { readonly _tag: "Command"; readonly connection: number; readonly args: ReadonlyArray<string> }
  /** Bytes as they are, for requests that no client library would send. */
  | { readonly _tag: "Raw"; readonly connection: number; readonly bytes: string }
  /** The peer goes away without a word. */
  | { readonly _tag: "Close"; readonly connection: number }

/** The tester's own connection, which watches the state and never takes part. */
export const control = -1

export const command = (connection: number, ...args: ReadonlyArray<string>): Step => ({
  _tag: "Command",
  connection,
  args
})

/**
 * A value that differs from server to server by nature: the id or the address that a connection has there. The character
 * is none that a byte can be.
 */
export const clientId = (connection: number): string => `\u0100id:${connection}\u0100`
export const clientAddress = (connection: number): string => `\u0100addr:${connection}\u0100`

/** The connection whose id a value is. */
export const connectionOf = (arg: string): ReadonlyArray<number> => {
  const found = /^\u0100id:(-?\d+)\u0100$/.exec(arg)
  return found === null ? [] : [Number(found[1])]
}

/** Replaces the values that differ from server to server. */
export const resolve = (arg: string, lookup: (what: "id" | "addr", connection: number) => string): string =>
  arg.includes("\u0100")
    ? arg.replace(/\u0100(id|addr):(-?\d+)\u0100/g, (_, what, connection) => lookup(what, Number(connection)))
    : arg

/** The first word (or two, for commands with subcommands) in capitals. */
export const commandName = (args: ReadonlyArray<string>, containers: ReadonlySet<string>): string => {
  const first = (args[0] ?? "").toUpperCase()
  return containers.has(first) && args[1] !== undefined ? `${first} ${args[1].toUpperCase()}` : first
}

/** An option's word in capitals; to Redis it ends at a NUL. */
export const optionWord = (arg: string): string => arg.split("\0", 1)[0]?.toUpperCase() ?? ""

/** Prints a step as one would type it into redis-cli. */
export const print = (step: Step): string => {
  const prefix = step.connection === control ? "control" : `${step.connection}`
  switch (step._tag) {
    case "Command":
      return `${prefix}> ${step.args.map(printArg).join(" ")}`
    case "Raw":
      return `${prefix}> (raw bytes) ${quote(Buffer.from(step.bytes, "latin1"))}`
    case "Close":
      return `${prefix}> (closes the connection)`
  }
}

const printArg = (arg: string): string => {
  const readable = arg.replace(/\u0100(id|addr):(-?\d+)\u0100/g, "<$1 of connection $2>")
  if (/^[\w.:+*<>@#%-]+$/.test(readable)) return readable
  const repeated = /^(.)\1{99,}$/s.exec(arg)
  return repeated === null
    ? quote(Buffer.from(readable, "latin1"))
    : `(${arg.length} times ${quote(Buffer.from(arg[0] ?? ""))})`
}
