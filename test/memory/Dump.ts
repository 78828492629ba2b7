/** What DUMP says of small values: the packed blob inside, for comparing bytes with redis-server (`rdbcompression no`). */
import * as Effect from "effect/Effect"
import type { RawClient } from "../support/RawClient.ts"

const LIST_QUICKLIST_2 = 18

/** The one listpack or intset that the value at `key` consists of. */
const blob = (client: RawClient, key: string) =>
  Effect.map(client.command("DUMP", key), ({ raw }) => {
    const payload = Buffer.from(raw.subarray(raw.indexOf(0x0a) + 1, raw.length - 2))
    // A list is a number of nodes, each with the kind of its container before the blob: here one node, packed.
    const prefix = payload[0] === LIST_QUICKLIST_2 ? 3 : 1
    if (prefix === 3 && (payload[1] !== 1 || payload[2] !== 2)) throw new Error("not one packed node")
    const [start, length] = readLength(payload, prefix)
    if (start + length !== payload.length - 10) throw new Error("something follows the blob")
    return new Uint8Array(payload.subarray(start, start + length))
  })

export const listpack = blob
export const intset = blob

/** A payload for RESTORE with a list of one listpack; its checksum is not filled in. */
export const ofListpack = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([LIST_QUICKLIST_2, 1, 2]), lengthOf(bytes.length), bytes, footer])

/** A payload for RESTORE with an intset; its checksum is not filled in. */
export const ofIntset = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([11]), lengthOf(bytes.length), bytes, footer])

const footer = Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, 0, 0])

const lengthOf = (length: number): Buffer => {
  const bytes = Buffer.alloc(5, 0x80)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

const readLength = (bytes: Buffer, at: number): [start: number, length: number] => {
  const byte = bytes.readUInt8(at)
  if (byte < 0x40) return [at + 1, byte]
  if (byte < 0x80) return [at + 2, bytes.readUInt16BE(at) & 0x3fff]
  if (byte === 0x80) return [at + 5, bytes.readUInt32BE(at + 1)]
  throw new Error(`unexpected length byte ${byte}`)
}
