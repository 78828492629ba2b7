/** Listpacks of pairs (name, value, name, value, ...), taken apart into names and values, and put together again. */
import * as Bytes from "./Bytes.ts"
import * as Listpack from "./Listpack.ts"

/** Up to so many bytes, a loop copies faster than `Bytes.copy` is called. */
const MOST_COPIED = 24

/** Writes a listpack of the names alone, which is shorter, to another place. */
export const writeNames = (pairs: Uint8Array, off: number, dst: Uint8Array, at: number): void =>
  writeEverySecond(pairs, Listpack.first(off), dst, at)

/** Writes a listpack of the values alone, which is shorter, to another place. */
export const writeValues = (pairs: Uint8Array, off: number, dst: Uint8Array, at: number): void => {
  const p = Listpack.first(off)
  writeEverySecond(pairs, Listpack.isEnd(pairs, p) ? p : Listpack.next(pairs, p), dst, at)
}

const writeEverySecond = (buf: Uint8Array, from: number, dst: Uint8Array, at: number): void => {
  Listpack.writeEmpty(dst, at)
  let to = Listpack.first(at)
  let count = 0
  for (let p = from; !Listpack.isEnd(buf, p); count++) {
    const after = Listpack.next(buf, p)
    to = Bytes.copy(buf, p, after, dst, to)
    p = Listpack.skip(buf, after, 1)
  }
  Listpack.endAt(dst, at, to, count)
}

/** Tells whether the names are those of a listpack that begins with its buffer and fills it. */
export const hasNames = (pairs: Uint8Array, off: number, names: Uint8Array): boolean => {
  let name = Listpack.first(0)
  for (let p = Listpack.first(off); !Listpack.isEnd(pairs, p);) {
    const after = Listpack.next(pairs, p)
    const size = after - p
    if (name + size >= names.length || !Bytes.equal(pairs, p, names, name, size)) return false
    name += size
    p = Listpack.skip(pairs, after, 1)
  }
  return Listpack.isEnd(names, name)
}

/** Writes names and as many values as the listpack of pairs that they are, of `Listpack.mergedSize` bytes. */
export const join = (
  names: Uint8Array,
  namesOff: number,
  values: Uint8Array,
  valuesOff: number,
  dst: Uint8Array,
  at: number
): void => {
  Listpack.writeEmpty(dst, at)
  let to = Listpack.first(at)
  let count = 0
  let value = Listpack.first(valuesOff)
  for (let name = Listpack.first(namesOff); !Listpack.isEnd(names, name); count += 2) {
    const afterName = Listpack.next(names, name)
    const afterValue = Listpack.next(values, value)
    // Written out: most are short.
    if (afterName - name <= MOST_COPIED) { while (name < afterName) dst[to++] = names[name++] as number }
    else to = Bytes.copy(names, name, afterName, dst, to)
    if (afterValue - value <= MOST_COPIED) { while (value < afterValue) dst[to++] = values[value++] as number }
    else to = Bytes.copy(values, value, afterValue, dst, to)
    name = afterName
    value = afterValue
  }
  Listpack.endAt(dst, at, to, count)
}
