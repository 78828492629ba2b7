/** Payloads for RESTORE, made by hand, such as no server of today writes: both load them, or refuse them, alike. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Listpack from "../../src/memory/Listpack.ts"
import * as Crc64 from "../../src/persistence/Crc64.ts"
import * as InProcess from "../support/InProcess.ts"
import { commands } from "../support/Layers.ts"
import { type Arg, connect, render } from "../support/RawClient.ts"
import { startRedis } from "../support/ServerProcess.ts"

export type Part = string | number | Uint8Array

/** Numbers are bytes. */
export const bytes = (...parts: ReadonlyArray<Part>): Buffer =>
  Buffer.concat(parts.map((part) => typeof part === "number" ? Uint8Array.of(part) : Buffer.from(part as Uint8Array)))
export const string = (part: Part): Buffer => {
  const content = bytes(part)
  return bytes(
    content.length < 64 ? content.length : bytes(0x40 | (content.length >> 8), content.length & 255),
    content
  )
}
export const double = (value: number): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeDoubleLE(value)
  return buffer
}
export const payload = (type: number, ...parts: ReadonlyArray<Part>): Buffer => {
  const whole = bytes(type, ...parts, 10, 0, Buffer.alloc(8))
  Crc64.of(whole, 0, whole.length - 8).write(whole, whole.length - 8)
  return whole
}

export const listpack = (...elements: ReadonlyArray<string>): Buffer => {
  const buffer = Buffer.alloc(4096)
  Listpack.writeEmpty(buffer, 0)
  const element = new Listpack.Element()
  for (const text of elements) Listpack.append(buffer, 0, element.setBytes(Buffer.from(text), 0, text.length))
  return buffer.subarray(0, Listpack.byteLength(buffer, 0))
}
export const ziplist = (...elements: ReadonlyArray<string>): Buffer => {
  let before = 0
  let last = 10
  let body = Buffer.alloc(0)
  for (const text of elements) {
    const entry = bytes(before, text.length, text)
    last = 10 + body.length
    body = Buffer.concat([body, entry])
    before = entry.length
  }
  const header = Buffer.alloc(10)
  header.writeUInt32LE(body.length + 11, 0)
  header.writeUInt32LE(last, 4)
  header.writeUInt16LE(elements.length, 8)
  return bytes(header, body, 255)
}

/**
 * Restores the payloads here and on redis-server, compares what that gives, and makes sure that nothing is left of what
 * was refused. `read`: a command that reads the value, without its key; of small values the order counts.
 */
export const sameRestores = (payloads: Readonly<Record<string, Buffer>>, [command, ...args]: ReadonlyArray<Arg>) =>
  Effect.gen(function*() {
    const server = yield* startRedis({ args: ["--enable-debug-command", "yes", "--sanitize-dump-payload", "yes"] })
    const redis = yield* connect(server.port)
    const ours = yield* InProcess.make({ resp: 2 })
    for (const [name, value] of Object.entries(payloads)) {
      const questions: ReadonlyArray<ReadonlyArray<Arg>> = [
        ["RESTORE", "key", 0, value, "REPLACE"],
        ["OBJECT", "ENCODING", "key"],
        ["DEBUG", "DIGEST-VALUE", "key"],
        [command ?? "", "key", ...args],
        ["DEL", "key"]
      ]
      for (const question of questions) {
        const theirs = render((yield* redis.command(...question)).value)
        assert.strictEqual(yield* ours.show(...question), theirs, `${name}: ${question[0]}`)
      }
    }
    assert.match(yield* ours.show("DBSIZE"), /0/)
  }).pipe(Effect.provide(commands({ "enable-debug-command": "yes", "sanitize-dump-payload": "yes" })))
