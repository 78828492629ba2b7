/** Arrays of bulk strings as bytes, for what is encoded once and sent to many. */
import * as Integers from "../memory/Integers.ts"

/** What a row of items is: an array, or RESP3's push. */
export const Mark = { array: 42, push: 62 } as const

/** The head of a row: its mark and its length. */
export const head = (mark: number, length: number): Buffer =>
  Buffer.from(`${String.fromCharCode(mark)}${length}\r\n`, "latin1")

/** Bulk strings, one behind the other. */
export const bulks = (items: ReadonlyArray<Uint8Array>): Buffer => write(Buffer.allocUnsafe(sizeOf(items)), 0, items)

/** A row of bulk strings. */
export const row = (mark: number, items: ReadonlyArray<Uint8Array>): Buffer => {
  const frame = Buffer.allocUnsafe(3 + Integers.size(items.length) + sizeOf(items))
  frame[0] = mark
  return write(frame, endLine(frame, Integers.write(frame, 1, items.length)), items)
}

const sizeOf = (items: ReadonlyArray<Uint8Array>): number => {
  let size = 0
  for (const { length } of items) size += length + Integers.size(length) + 5
  return size
}

const write = (frame: Buffer, from: number, items: ReadonlyArray<Uint8Array>): Buffer => {
  let at = from
  for (const item of items) {
    frame[at] = 36
    at = endLine(frame, Integers.write(frame, at + 1, item.length))
    frame.set(item, at)
    at = endLine(frame, at + item.length)
  }
  return frame
}

const endLine = (frame: Uint8Array, at: number): number => {
  frame[at] = 13
  frame[at + 1] = 10
  return at + 2
}
