/** Whatever a directive can hold is written so that it is read back as it was. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Codec from "../../src/config/Codec.ts"
import { loadUnsafe } from "../../src/config/Loader.ts"
import * as Registry from "../../src/config/Registry.ts"
import * as Schemas from "../../src/config/Schemas.ts"
import * as Sds from "../../src/config/Sds.ts"
import { Settings } from "../../src/config/Settings.ts"

const byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const toByteString = (bytes: ReadonlyArray<number>) => String.fromCharCode(...bytes)

const load = (options: string): Settings =>
  loadUnsafe({
    invocation: { _tag: "Serve", file: undefined, stdin: false, options },
    environment: {},
    stdin: () => new Uint8Array(),
    directory: "/"
  }).settings

describe("words", () => {
  it.prop("any bytes survive quoting", [Schema.Array(Schema.Array(byte))], ([words]) => {
    const texts = words.map(toByteString)
    assert.deepStrictEqual(Sds.splitWords(texts.map(Sds.quote).join(" ")), texts)
  })

  it.prop(
    "any size survives its shortest form",
    [Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: Codec.Limits.ulong }))],
    ([bytes]) => {
      assert.strictEqual(Codec.parseMemory(Codec.printMemory(bytes)), bytes)
      const kilobytes = BigInt.asUintN(40, bytes) * 1024n
      assert.strictEqual(Codec.parseMemory(Codec.printMemory(kilobytes)), kilobytes)
    }
  )
})

describe("the Schema of a codec", () => {
  const size = Schemas.of(Registry.get("maxmemory").codec)

  it("reads and writes words", () => {
    assert.strictEqual(Schema.decodeSync(size)(["100mb"]), 104857600n)
    assert.deepStrictEqual(Schema.encodeSync(size)(104857600n), ["104857600"])
  })

  it("refuses what the codec does, in the same words", () => {
    assert.throws(() => Schema.decodeSync(size)(["much"]), "argument must be a memory value")
    assert.throws(() => Schema.encodeSync(size)(-1n))
  })
})

// A directory has to exist, and a log file is opened
const BOUND_TO_FILES: ReadonlyArray<string> = ["dir", "logfile"]

describe("every value of a directive comes back from the lines that CONFIG REWRITE writes", () => {
  for (const name of Registry.names) {
    if (BOUND_TO_FILES.includes(name)) continue
    const { codec } = Registry.get(name)
    it.prop(name, [Schemas.of(codec)], ([value]) => {
      const words = codec.print(value).map(Sds.fromText)
      const settings = new Settings("/")
      if (settings.assign(name, words, "first") !== undefined) return
      // No address needs quotes, and Redis writes none
      if (name === "bind" && words.some((word) => !/^[\w.:*-]+$/.test(word))) return
      const lines = settings.lines(name).filter(({ forced }) => forced)
      const loaded = load(lines.map(({ text }) => `${name} ${text}`).join("\n"))
      assert.deepStrictEqual(loaded.words(name), settings.words(name))
      assert.deepStrictEqual(loaded.values[name], settings.values[name])
    }, { arbitrary: { runs: 25 } })
  }
})
