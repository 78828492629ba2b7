import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Listpack from "../../src/memory/Listpack.ts"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"
import * as Dump from "./Dump.ts"
import { random } from "./Random.ts"
import type { Random } from "./Random.ts"

const latin1 = (text: string) => Buffer.from(text, "latin1")

/** An element as whoever writes it has it: bytes somewhere in a larger buffer. */
const element = (text: string): Listpack.Element => {
  const bytes = latin1(`(${text})`)
  return new Listpack.Element().setBytes(bytes, 1, bytes.length - 1)
}

/** A listpack in a blob of just its size, with guard bytes around it, that is resized as an arena would do it. */
class Blob {
  buf = new Uint8Array(0)
  off = 0
  private readonly next: Random

  constructor(next: Random = random(1)) {
    this.next = next
    this.move(Listpack.emptySize, 0)
    Listpack.writeEmpty(this.buf, this.off)
  }

  /** Makes room (or gives it back), at another place each time, and returns how far positions have moved. */
  resize(growth: number): number {
    const length = Listpack.byteLength(this.buf, this.off)
    return this.move(length + growth, length)
  }

  private move(bytes: number, keep: number): number {
    const { buf, off } = this
    this.off = 8 + 8 * this.next.below(3)
    this.buf = new Uint8Array(this.off + bytes + 5).fill(0xa5)
    this.buf.set(buf.subarray(off, off + Math.min(keep, bytes)), this.off)
    return this.off - off
  }

  insert(p: number, element: Listpack.Element): void {
    const shift = this.resize(element.size)
    Listpack.insert(this.buf, this.off, p + shift, element)
  }

  append(...texts: ReadonlyArray<string>): this {
    for (const text of texts) this.insert(Listpack.end(this.buf, this.off), element(text))
    return this
  }

  /** The bytes of the listpack, after a look at the guards. */
  bytes(): Uint8Array {
    const end = this.off + Listpack.byteLength(this.buf, this.off)
    assert.strictEqual(end, this.buf.length - 5, "fills its blob")
    const guards = [...this.buf.subarray(0, this.off), ...this.buf.subarray(end)]
    assert.isTrue(guards.every((byte) => byte === 0xa5), "stays within its blob")
    return this.buf.subarray(this.off, end)
  }

  at(index: number): number {
    return Listpack.seek(this.buf, this.off, index)
  }
}

const textAt = (buf: Uint8Array, p: number): string => {
  const dst = Buffer.alloc(Listpack.textSize(buf, p) + 2, 0x23)
  assert.strictEqual(Listpack.copyText(buf, p, dst, 1), dst.length - 1)
  return dst.toString("latin1", 1, dst.length - 1)
}

const texts = (buf: Uint8Array, off: number): Array<string> => {
  const found: Array<string> = []
  for (let p = Listpack.first(off); !Listpack.isEnd(buf, p); p = Listpack.next(buf, p)) found.push(textAt(buf, p))
  return found
}

const sameAs = (blob: Blob, model: ReadonlyArray<string>): void => {
  const { buf, off } = blob
  assert.strictEqual(Listpack.count(buf, off), model.length)
  assert.strictEqual(Listpack.isEmpty(buf, off), model.length === 0)
  assert.deepStrictEqual(texts(buf, off), model.slice())
  const backwards: Array<string> = []
  for (let p = Listpack.last(buf, off); p !== -1; p = Listpack.previous(buf, off, p)) backwards.push(textAt(buf, p))
  assert.deepStrictEqual(backwards.reverse(), model.slice())
  assert.isTrue(Listpack.validate(buf, off, blob.bytes().length, true))
}

const edges = [0n, 127n, 128n, 4095n, 4096n, 32767n, 32768n, 8388607n, 8388608n, 2147483647n, 2147483648n]
const wideEdges = [4294967295n, 4294967296n, 9007199254740991n, 9007199254740992n, 9223372036854775807n]
const integers = [...edges, ...wideEdges].flatMap((edge) => [edge, edge - 1n, edge + 1n, -edge, -edge - 1n, -edge + 1n])
const lookalikes = ["", "-", "00", "-0", "+1", "1.0", " 1", "1 ", "9223372036854775808", "12345678901234567890123"]
const lengths = [1, 63, 64, 119, 120, 122, 123, 124, 125, 126, 127, 128, 4095, 4096, 16375, 16376, 16377, 16378, 16379]

const anyText = (next: Random): string => {
  switch (next.below(6)) {
    case 0:
      return String(next.pick(integers))
    case 1:
      return next.pick(lookalikes)
    case 2:
      return String.fromCharCode(97 + next.below(26)).repeat(next.pick(lengths))
    case 3:
      return String(next.below(200) - 20)
    default:
      return Array.from({ length: next.below(90) }, () => String.fromCharCode(next.below(256))).join("")
  }
}

describe("Listpack", () => {
  it("does what an array does", () => {
    const next = random(20)
    for (let run = 0; run < 60; run++) {
      const blob = new Blob(next)
      let model: Array<string> = []
      for (let step = 0; step < 40; step++) {
        const index = next.below(model.length + 1)
        const text = anyText(next)
        const from = index === model.length ? Listpack.end(blob.buf, blob.off) : blob.at(index)
        switch (model.length > 60 ? 7 : next.below(8)) {
          case 0:
          case 1:
          case 2:
            blob.insert(from, element(text))
            model.splice(index, 0, text)
            break
          case 3: {
            blob.resize(element(text).size)
            Listpack.prepend(blob.buf, blob.off, element(text))
            model.unshift(text)
            break
          }
          case 4: {
            const batch = Array.from({ length: next.below(5) }, () => anyText(next))
            const size = batch.reduce((sum, one) => sum + Listpack.sizeOf(latin1(one), 0, one.length), 0)
            const p = from + blob.resize(size)
            Listpack.splice(blob.buf, blob.off, p, p, 0, size, batch.length)
            let at = p
            for (const one of batch) at = Listpack.write(blob.buf, at, latin1(one), 0, one.length)
            assert.strictEqual(at, p + size)
            model.splice(index, 0, ...batch)
            break
          }
          case 5: {
            if (index === model.length) break
            const growth = element(text).size - Listpack.sizeAt(blob.buf, from)
            const shift = growth > 0 ? blob.resize(growth) : 0
            Listpack.replace(blob.buf, blob.off, from + shift, element(text))
            if (growth < 0) blob.resize(0)
            model[index] = text
            break
          }
          case 6:
            if (index === model.length) break
            Listpack.remove(blob.buf, blob.off, from)
            blob.resize(0)
            model.splice(index, 1)
            break
          default: {
            const wanted = next.below(8) * next.below(8)
            const removed = model.splice(index, wanted).length
            assert.strictEqual(Listpack.removeRange(blob.buf, blob.off, from, wanted), removed)
            blob.resize(0)
          }
        }
        sameAs(blob, model)
      }
      model = []
    }
  })

  it("seeks from both ends", () => {
    const model = Array.from({ length: 50 }, (_, i) => `element ${i}`)
    const { buf, off } = new Blob().append(...model)
    for (let index = -55; index < 55; index++) {
      const p = Listpack.seek(buf, off, index)
      assert.strictEqual(p === -1 ? undefined : textAt(buf, p), model.at(index), `index ${index}`)
    }
    assert.strictEqual(Listpack.seek(...empty(), 0), -1)
    assert.strictEqual(Listpack.seek(...empty(), -1), -1)
    assert.strictEqual(Listpack.last(...empty()), -1)
  })

  it("finds by text, whatever the encoding", () => {
    const next = random(3)
    for (let run = 0; run < 300; run++) {
      const model = Array.from({ length: next.below(30) }, () => anyText(next))
      const { buf, off } = new Blob(next).append(...model)
      for (const skipped of [0, 1, 2]) {
        const needle = model.length > 0 && next.below(3) > 0 ? next.pick(model) : anyText(next)
        const index = model.findIndex((text, i) => i % (skipped + 1) === 0 && text === needle)
        const p = Listpack.find(buf, Listpack.first(off), element(needle), skipped)
        assert.strictEqual(p, index === -1 ? -1 : Listpack.seek(buf, off, index))
        if (p !== -1) assert.isTrue(Listpack.equals(buf, p, element(needle)))
        for (let i = 0; i < model.length; i++) {
          assert.strictEqual(Listpack.equals(buf, Listpack.seek(buf, off, i), element(needle)), model[i] === needle)
        }
      }
    }
  })

  it("finds integers that somebody encoded as text or too wide", () => {
    // "7" as a string, 7 in 64 bits, 7 in 32 bits
    const wide = [0xf4, 7, 0, 0, 0, 0, 0, 0, 0, 9, 0xf3, 7, 0, 0, 0, 5]
    const odd = Uint8Array.from([25, 0, 0, 0, 3, 0, 0x81, 0x37, 2, ...wide.slice(0, 10), 0xf1, 7, 0, 3, 0xff])
    odd[0] = odd.length
    assert.isTrue(Listpack.validate(odd, 0, odd.length, true))
    for (const needle of [element("7"), new Listpack.Element().setInteger(7)]) {
      assert.strictEqual(Listpack.find(odd, 6, needle, 0), 6)
      assert.strictEqual(Listpack.find(odd, 9, needle, 0), 9)
      assert.strictEqual(Listpack.find(odd, 19, needle, 0), 19)
      assert.strictEqual(Listpack.find(odd, 6, new Listpack.Element().setInteger(8), 0), -1)
    }
  })

  it("reads elements into a reusable element that can go elsewhere", () => {
    const next = random(4)
    const model = Array.from({ length: 300 }, () => anyText(next))
    const source = new Blob(next).append(...model)
    const target = new Blob(next)
    const one = new Listpack.Element()
    let p = Listpack.first(source.off)
    for (const text of model) {
      p = one.readText(source.buf, p)
      assert.strictEqual(Buffer.from(one.bytes.subarray(one.start, one.end)).toString("latin1"), text)
      target.resize(one.size)
      Listpack.append(target.buf, target.off, one)
    }
    assert.isTrue(Listpack.isEnd(source.buf, p))
    assert.deepStrictEqual(target.bytes(), source.bytes())
  })

  it("writes integers as it writes their text", () => {
    for (const value of integers) {
      if (value < -(2n ** 63n) || value >= 2n ** 63n) continue
      const asText = new Blob().append(String(value))
      const asInteger = new Blob()
      const number = Number.isSafeInteger(Number(value)) ? Number(value) : value
      const one = new Listpack.Element().setInteger(number)
      asInteger.insert(Listpack.first(asInteger.off), one)
      assert.deepStrictEqual(asInteger.bytes(), asText.bytes(), String(value))
      assert.isTrue(Listpack.isInteger(asText.buf, asText.at(0)))
      assert.strictEqual(Listpack.integerAt(asText.buf, asText.at(0)), number)
    }
  })

  it("merges two listpacks and copies ranges", () => {
    const next = random(5)
    for (let run = 0; run < 50; run++) {
      const a = Array.from({ length: next.below(20) }, () => anyText(next))
      const b = Array.from({ length: next.below(20) }, () => anyText(next))
      const one = new Blob(next).append(...a)
      const other = new Blob(next).append(...b)
      const size = Listpack.mergedSize(one.buf, one.off, other.buf, other.off)
      one.resize(size - one.bytes().length)
      Listpack.merge(one.buf, one.off, other.buf, other.off)
      sameAs(one, [...a, ...b])
      if (a.length === 0) continue
      const from = other.off + Listpack.headerSize
      const taken = next.below(b.length + 1)
      const to = Listpack.skip(other.buf, from, taken)
      one.resize(to - from)
      Listpack.appendRange(one.buf, one.off, other.buf, from, to, taken)
      sameAs(one, [...a, ...b, ...b.slice(0, taken)])
    }
  })

  it("counts beyond what the header can say, and gets the count back", () => {
    const total = 65_600
    const buf = new Uint8Array(total * 2 + 16)
    Listpack.writeEmpty(buf, 8)
    const one = new Listpack.Element()
    for (let i = 0; i < total; i++) {
      Listpack.append(buf, 8, one.setInteger(i & 127))
      if (i % 8192 === 0 || i > 65_530 && i < 65_540) assert.strictEqual(Listpack.count(buf, 8), i + 1)
    }
    assert.deepStrictEqual([buf[12], buf[13]], [255, 255])
    assert.strictEqual(Listpack.integerAt(buf, Listpack.seek(buf, 8, 65_599)), 65_599 & 127)
    assert.strictEqual(Listpack.integerAt(buf, Listpack.seek(buf, 8, -65_600)), 0)
    assert.strictEqual(Listpack.seek(buf, 8, 65_600), -1)
    assert.strictEqual(Listpack.seek(buf, 8, -65_601), -1)
    assert.strictEqual(Listpack.removeRange(buf, 8, Listpack.first(8), 600), 600)
    assert.deepStrictEqual([buf[12], buf[13]], [255, 255])
    assert.strictEqual(Listpack.count(buf, 8), 65_000)
    assert.deepStrictEqual([buf[12], buf[13]], [65_000 & 255, 65_000 >> 8])
  })

  it("knows the limit of a gigabyte", () => {
    const [buf, off] = empty()
    assert.isTrue(Listpack.isSafeToAdd(buf, off, 2 ** 30 - 7))
    assert.isFalse(Listpack.isSafeToAdd(buf, off, 2 ** 30 - 6))
  })

  it("validates garbage without reading outside of it", () => {
    const next = random(6)
    let sound = 0
    for (let run = 0; run < 4000; run++) {
      const bytes = mutated(next)
      const off = 8 * next.below(2)
      const buf = guarded(bytes, off)
      if (!Listpack.validate(buf, off, bytes.length, true)) continue
      sound++
      const forwards = texts(buf, off).length
      let backwards = 0
      for (let p = Listpack.last(buf, off); p !== -1; p = Listpack.previous(buf, off, p)) backwards++
      assert.strictEqual(backwards, forwards)
    }
    assert.isAbove(sound, 400)
    const [buf, off] = empty()
    assert.isFalse(Listpack.validate(buf, off, 8, false))
    assert.isFalse(Listpack.validate(buf, off, 6, false))
    assert.isFalse(Listpack.validate(new Uint8Array(0), 0, 0, false))
  })
})

const empty = (): [Uint8Array, number] => {
  const { buf, off } = new Blob()
  return [buf, off]
}

/** A sound listpack with a few bytes changed, or cut short with an end mark put over the cut, or as it is. */
const mutated = (next: Random): Uint8Array => {
  const short = () => next.below(4) === 0 ? "y".repeat(next.pick([70, 130])) : anyText(next).slice(0, 12)
  const bytes = new Blob(next).append(...Array.from({ length: next.below(8) }, short)).bytes().slice()
  if (next.below(3) === 0) {
    const cut = bytes.slice(0, Math.max(7, bytes.length - next.below(8)))
    new DataView(cut.buffer).setUint32(0, cut.length, true)
    cut[cut.length - 1] = 0xff
    // What stands before the end mark announces more than there is.
    if (cut.length > 10) cut[cut.length - 2 - next.below(3)] = next.pick([0xf0, 0xe0, 0xe1, 0xf1, 0xf4, 0x82])
    return cut
  }
  for (let changes = next.below(3); changes > 0; changes--) {
    bytes[next.below(5) === 0 ? next.below(6) : next.below(bytes.length)] = next.below(2) === 0
      ? next.below(256)
      : next.pick([0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xe0, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xfe, 0xff])
  }
  return bytes
}

/** The bytes at `off` of a buffer that throws when anything around them is read. */
const guarded = (bytes: Uint8Array, off: number): Uint8Array =>
  new Proxy(new Uint8Array([...new Uint8Array(off), ...bytes]), {
    get: (target, key) => {
      if (key === "length") return target.length
      if (typeof key === "string" && /^-?\d+$/.test(key)) {
        const at = Number(key)
        if (at < off || at >= target.length) throw new Error(`read at ${at} of [${off}, ${target.length})`)
        return target[at]
      }
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === "function" ? value.bind(target) : value
    }
  })

describeWithRedis("Listpack and redis-server", () => {
  const options = ["--rdbcompression", "no", "--enable-debug-command", "yes", "--list-max-listpack-size", "-5"]

  it.live("have the same bytes for lists, hashes and sorted sets", () =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* startRedis({ args: options })
      const client = yield* connect(port)
      const next = random(9)
      for (let run = 0; run < 40; run++) {
        yield* client.command("FLUSHALL")
        const model = Array.from({ length: 1 + next.below(40) }, () => anyText(next).slice(0, 1000))
        yield* client.command("RPUSH", "list", ...model.map(latin1))
        const list = new Blob(next).append(...model)
        assert.deepStrictEqual(yield* Dump.listpack(client, "list"), list.bytes())

        const index = next.below(model.length)
        const text = anyText(next).slice(0, 1000)
        yield* client.command("LSET", "list", index, latin1(text))
        const growth = element(text).size - Listpack.sizeAt(list.buf, list.at(index))
        if (growth > 0) list.resize(growth)
        Listpack.replace(list.buf, list.off, list.at(index), element(text))
        if (growth < 0) list.resize(0)
        assert.deepStrictEqual(yield* Dump.listpack(client, "list"), list.bytes())

        const fields = model.map((value, i) => [`${i}`, value.slice(0, 60)] as const)
        yield* client.command("HSET", "hash", ...fields.flat().map(latin1))
        assert.deepStrictEqual(yield* Dump.listpack(client, "hash"), new Blob(next).append(...fields.flat()).bytes())

        const members = model.map((_, i) => [String(i * 3000), `member ${i}`] as const)
        yield* client.command("ZADD", "zset", ...members.flat())
        const reversed = members.flatMap(([score, member]) => [member, score])
        assert.deepStrictEqual(yield* Dump.listpack(client, "zset"), new Blob(next).append(...reversed).bytes())
      }
    })))

  it.live(
    "have the same bytes for every integer width and at every edge of a length",
    () =>
      Effect.scoped(Effect.gen(function*() {
        const { port } = yield* startRedis({ args: options })
        const client = yield* connect(port)
        const all = [...integers.map(String), ...lookalikes]
        const sizes = [...lengths, 16380, 16381, 16382, 16383, 16384, 2097141, 2097144, 2097145, 2097146, 2097147]
        all.push(...[...sizes, 2097148, 2097150, 2097152].map((size) => "x".repeat(size)))
        for (const text of all) {
          yield* client.command("DEL", "list")
          yield* client.command("RPUSH", "list", latin1(text))
          const dumped = yield* Dump.listpack(client, "list")
          assert.isTrue(
            Buffer.compare(dumped, new Blob().append(text).bytes()) === 0,
            `${text.slice(0, 30)} (${text.length})`
          )
        }
      })),
    30_000
  )

  it.live("agree on which listpacks are sound", () =>
    Effect.scoped(Effect.gen(function*() {
      const { port } = yield* startRedis({ args: [...options, "--sanitize-dump-payload", "yes"] })
      const client = yield* connect(port)
      yield* client.command("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1")
      const next = random(10)
      for (let run = 0; run < 1500; run++) {
        const bytes = mutated(next)
        const reply = yield* client.command("RESTORE", "list", "0", Dump.ofListpack(bytes), "REPLACE")
        const sound = Listpack.validate(bytes, 0, bytes.length, true)
        // Redis refuses empty lists for another reason.
        const taken = sound && !Listpack.isEmpty(bytes, 0)
        assert.strictEqual(Buffer.from(reply.raw).toString("latin1").startsWith("+OK"), taken, [...bytes].join(" "))
      }
    })))
})
