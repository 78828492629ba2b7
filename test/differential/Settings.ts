/** The configuration that both servers run with. */

export const serverArgs: ReadonlyArray<string> = [
  "--enable-debug-command",
  "yes",
  // The limits of strings and bit offsets come within reach, and no command can ask for half a gigabyte.
  "--proto-max-bulk-len",
  "1mb",
  // Where the defaults differ on purpose.
  "--bind",
  "127.0.0.1"
]
