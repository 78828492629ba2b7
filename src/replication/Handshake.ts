/**
 * What a replica says to its master before the data comes: who it is and what it can, and from where it wants to go on.
 */
import * as Effect from "effect/Effect"
import type { Values } from "../config/Registry.ts"
import { LinkError } from "./LinkError.ts"
import type { MasterWire } from "./MasterWire.ts"

/** What the master answers to PSYNC. */
export type Answer =
  | { readonly _tag: "Full"; readonly replid: string; readonly offset: number }
  /** `replid` is the history's name from now on. */
  | { readonly _tag: "Partial"; readonly replid: string | undefined }
  /** It knows no PSYNC: the answer to SYNC has no history. */
  | { readonly _tag: "Old" }

/** Text, or the bytes of a secret. */
type Word = string | Uint8Array

const requestOf = (...words: ReadonlyArray<Word>): Buffer =>
  Buffer.concat([
    Buffer.from(`*${words.length}\r\n`),
    ...words.map((word) => {
      const bytes = typeof word === "string" ? Buffer.from(word, "latin1") : word
      return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")])
    })
  ])

/** Fails when nothing happens within `repl-timeout`. */
export const within = <A, R>(
  values: Values,
  step: Effect.Effect<A, LinkError, R>
): Effect.Effect<A, LinkError, R> =>
  Effect.timeoutOrElse(step, {
    duration: values["repl-timeout"] * 1000,
    orElse: () => Effect.fail(new LinkError({ message: "Timeout connecting to the MASTER..." }))
  })

const ask = (wire: MasterWire, values: Values, ...words: ReadonlyArray<Word>): Effect.Effect<string, LinkError> =>
  Effect.suspend(() => {
    wire.write(requestOf(...words))
    return within(values, wire.line)
  })

/** Introduces this server. */
export const introduce = Effect.fnUntraced(function*(wire: MasterWire, values: Values) {
  const pong = yield* ask(wire, values, "PING")
  // Before it is authenticated it may not even PING
  if (!pong.startsWith("+") && !/^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(pong)) {
    return yield* new LinkError({ message: `Error reply to PING from master: '${pong}'` })
  }
  if (values.masterauth.length > 0) {
    const user = values.masteruser === "" ? [] : [values.masteruser]
    const answer = yield* ask(wire, values, "AUTH", ...user, values.masterauth)
    if (answer.startsWith("-")) return yield* new LinkError({ message: `Unable to AUTH to MASTER: ${answer}` })
  }
  const listening = values["tls-replication"] && values["tls-port"] !== 0 ? values["tls-port"] : values.port
  const port = values["replica-announce-port"] === 0 ? listening : values["replica-announce-port"]
  const address = values["replica-announce-ip"]
  yield* tell(wire, values, "listening-port", String(port))
  if (address !== "") yield* tell(wire, values, "ip-address", address)
  yield* tell(wire, values, "capa", "eof", "capa", "psync2")
})

/** Masters of old do not know these: no harm. */
const tell = Effect.fnUntraced(function*(wire: MasterWire, values: Values, ...words: ReadonlyArray<string>) {
  const answer = yield* ask(wire, values, "REPLCONF", ...words)
  if (answer.startsWith("-")) {
    yield* Effect.logInfo(`(Non critical) Master does not understand REPLCONF ${words[0]}: ${answer}`)
  }
})

/** Asks for the stream from `offset` on of a history, or for everything. */
export const synchronize = Effect.fnUntraced(function*(
  wire: MasterWire,
  values: Values,
  from: { readonly replid: string; readonly offset: number } | undefined,
  takesOver: boolean
) {
  const words = from === undefined ? ["?", "-1"] : [from.replid, String(from.offset)]
  if (from === undefined) yield* Effect.logInfo("Partial resynchronization not possible (no cached master)")
  else yield* Effect.logInfo(`Trying a partial resynchronization (request ${from.replid}:${from.offset}).`)
  const answer = yield* ask(wire, values, "PSYNC", ...words, ...(takesOver ? ["FAILOVER"] : []))
  const full = /^\+FULLRESYNC ([0-9a-f]{40}) (\d{1,15})$/i.exec(answer)
  if (full !== null) {
    yield* Effect.logInfo(`Full resync from master: ${full[1]}:${full[2]}`)
    const result: Answer = { _tag: "Full", replid: full[1] ?? "", offset: Number(full[2]) }
    return result
  }
  const partial = /^\+CONTINUE(?: ([0-9a-f]{40}))?$/i.exec(answer)
  if (partial !== null && from !== undefined) {
    yield* Effect.logInfo("Successful partial resynchronization with master.")
    const result: Answer = { _tag: "Partial", replid: partial[1] }
    return result
  }
  if (/^-(NOMASTERLINK|LOADING)/.test(answer) || takesOver) {
    return yield* new LinkError({
      message: `Master is currently unable to PSYNC but should be in the future: ${answer}`
    })
  }
  if (!answer.startsWith("-ERR")) {
    yield* Effect.logWarning(`Unexpected reply to PSYNC from master: ${answer}`)
  }
  yield* Effect.logInfo("Retrying with SYNC...")
  wire.write("SYNC\r\n")
  const result: Answer = { _tag: "Old" }
  return result
})
