/**
 * Nanoseconds per operation of the packed structures and of number texts: `node test/bench/memory.ts [name]`.
 * The blobs are the size that Redis's default limits allow, in the middle of a segment as an arena has them.
 */
import * as Doubles from "../../src/memory/Doubles.ts"
import * as Integers from "../../src/memory/Integers.ts"
import * as Intset from "../../src/memory/Intset.ts"
import * as Listpack from "../../src/memory/Listpack.ts"
import * as LongDouble from "../../src/memory/LongDouble.ts"

const only = process.argv[2] ?? ""
const segment = Buffer.alloc(1 << 20)
const reply = Buffer.alloc(1 << 20)
const rounds = 5

/** Runs `body`, which does `operations` operations and returns something that depends on them, for about 0.4 s. */
const measure = (name: string, operations: number, body: () => number): void => {
  if (!name.includes(only)) return
  let best = Infinity
  let sink = 0
  for (let round = 0; round < rounds; round++) {
    let runs = 0
    const start = process.hrtime.bigint()
    let elapsed = 0
    while (elapsed < 80e6) {
      for (let i = 0; i < 20; i++) sink += body()
      runs += 20
      elapsed = Number(process.hrtime.bigint() - start)
    }
    best = Math.min(best, elapsed / runs / operations)
  }
  console.log(`${name.padEnd(58)} ${best.toFixed(1).padStart(8)} ns${Number.isNaN(sink) ? "!" : ""}`)
}

const element = new Listpack.Element()
const listpack = (off: number, texts: ReadonlyArray<string>): void => {
  Listpack.writeEmpty(segment, off)
  for (const text of texts) Listpack.append(segment, off, element.setBytes(Buffer.from(text), 0, text.length))
}
const names = (count: number) => Array.from({ length: count }, (_, i) => `element:${String(i).padStart(6, "0")}`)

// ---- listpack

const list = 4096
listpack(list, names(600))
measure("listpack next, 600 strings", 600, () => {
  let p = Listpack.first(list)
  while (!Listpack.isEnd(segment, p)) p = Listpack.next(segment, p)
  return p
})
measure("listpack Element.read, 600 strings", 600, () => {
  let p = Listpack.first(list)
  let bytes = 0
  while (!Listpack.isEnd(segment, p)) {
    p = element.read(segment, p)
    bytes += element.end - element.start
  }
  return bytes
})
const bulks = (off: number): number => {
  let at = 0
  for (let p = Listpack.first(off); !Listpack.isEnd(segment, p); p = Listpack.next(segment, p)) {
    reply[at++] = 0x24
    at = Integers.write(reply, at, Listpack.textSize(segment, p))
    reply[at++] = 0x0d
    reply[at++] = 0x0a
    at = Listpack.copyText(segment, p, reply, at)
    reply[at++] = 0x0d
    reply[at++] = 0x0a
  }
  return at
}

measure("listpack text as RESP bulk, 600 strings", 600, () => bulks(list))

const mixed = 131072
listpack(mixed, Array.from({ length: 600 }, (_, i) => i % 2 === 0 ? String(i * 97) : `element:${i}`))
measure("listpack text as RESP bulk, 300 strings and 300 integers", 600, () => bulks(mixed))

measure("listpack seek to the middle of 600", 1, () => Listpack.seek(segment, list, 300))

const hash = 262144
const fields = Array.from({ length: 128 }, (_, i) => `field:${i}`)
listpack(hash, fields.flatMap((field, i) => [field, `value:${i}`]))
const fieldBytes = fields.map((field) => Buffer.from(field))
const needle = new Listpack.Element()
measure("listpack find a field among 128 (64 passed on average)", 128, () => {
  let found = 0
  for (const bytes of fieldBytes) {
    found += Listpack.find(segment, Listpack.first(hash), needle.setBytes(bytes, 0, bytes.length), 1)
  }
  return found
})
const numeric = 300000
listpack(numeric, fields.flatMap((_, i) => [String(i * 31), `value:${i}`]))
const numericBytes = fields.map((_, i) => Buffer.from(String(i * 31)))
measure("listpack find an integer field among 128", 128, () => {
  let found = 0
  for (const bytes of numericBytes) {
    found += Listpack.find(segment, Listpack.first(numeric), needle.setBytes(bytes, 0, bytes.length), 1)
  }
  return found
})

const scratch = 524288
const value = Buffer.from("element:000123")
measure("listpack append (up to 128 strings)", 128, () => {
  Listpack.writeEmpty(segment, scratch)
  for (let i = 0; i < 128; i++) Listpack.append(segment, scratch, element.setBytes(value, 0, value.length))
  return Listpack.byteLength(segment, scratch)
})
measure("listpack prepend (up to 128 strings, 2 KB)", 128, () => {
  Listpack.writeEmpty(segment, scratch)
  for (let i = 0; i < 128; i++) Listpack.prepend(segment, scratch, element.setBytes(value, 0, value.length))
  return Listpack.byteLength(segment, scratch)
})
measure("listpack prepend and remove the last (8 KB)", 1, () => {
  Listpack.prepend(segment, list, element.setBytes(value, 0, value.length))
  Listpack.remove(segment, list, Listpack.last(segment, list))
  return 0
})
measure(
  "listpack validate, 600 strings",
  600,
  () => Listpack.validate(segment, list, Listpack.byteLength(segment, list), true) ? 1 : 0
)

// ---- intset

for (const [width, factor] of [[2, 60], [4, 4_000_001], [8, 2 ** 40 + 7]] as const) {
  const off = 786432
  Intset.writeEmpty(segment, off)
  for (let i = 0; i < 512; i++) Intset.insert(segment, off, i, i * factor)
  measure(`intset search among 512, ${width} bytes each`, 512, () => {
    let found = 0
    for (let i = 0; i < 512; i++) found += Intset.search(segment, off, i * factor)
    return found
  })
}

// ---- numbers

const texts = (make: (i: number) => string) => Array.from({ length: 256 }, (_, i) => Buffer.from(make(i)))
const each =
  (inputs: ReadonlyArray<Uint8Array>, read: (buf: Uint8Array, start: number, end: number) => unknown) => () => {
    let read_ = 0
    for (const input of inputs) if (read(input, 0, input.length) !== undefined) read_++
    return read_
  }
measure("integer parse, 1 to 5 digits", 256, each(texts((i) => String(i * 127)), Integers.parse))
measure("integer parse, 15 digits", 256, each(texts((i) => String(1e14 + i * 98765432)), Integers.parse))
measure("integer parse, 19 digits (bigint)", 256, each(texts((i) => String(2n ** 62n + BigInt(i))), Integers.parse))
measure("integer parse, no integer", 256, each(texts((i) => `value:${i}`), Integers.parse))
const write = (make: (i: number) => number, print: (dst: Uint8Array, at: number, value: number) => number) => {
  const values = Float64Array.from({ length: 256 }, (_, i) => make(i))
  return () => {
    let end = 0
    for (let i = 0; i < 256; i++) end += print(reply, 0, values[i] as number)
    return end
  }
}
measure("integer write, 1 to 5 digits", 256, write((i) => i * 127, Integers.write))
measure("integer write, 15 digits", 256, write((i) => 1e14 + i * 98765432, Integers.write))
measure("double parse, integer", 256, each(texts((i) => String(i * 127)), Doubles.parse))
measure("double parse, 123.45", 256, each(texts((i) => String(i * 1.25)), Doubles.parse))
measure("double parse, 17 digits", 256, each(texts((i) => Doubles.toText(i * 0.1 + 0.01)), Doubles.parse))
measure("double parse, with exponent", 256, each(texts((i) => `1.${i}e-30`), Doubles.parse))
measure("double write, integer", 256, write((i) => i * 127, Doubles.write))
measure("double write, 17 digits", 256, write((i) => i * 0.1 + 0.01, Doubles.write))

const increment = (a: string, b: string) => {
  const [from, by] = [Buffer.from(a), Buffer.from(b)]
  return () => {
    const value = LongDouble.parse(from, 0, from.length)
    const delta = LongDouble.parse(by, 0, by.length)
    return value === undefined || delta === undefined ? NaN : LongDouble.write(reply, 0, LongDouble.add(value, delta))
  }
}
measure("long double increment, integers", 1, increment("1000", "3"))
measure("long double increment, 10.5 + 0.1", 1, increment("10.5", "0.1"))
