/**
 * Every method, called on this server by RESP3 and by RESP2 and on redis-server, where it is installed: all must come to
 * the same value, and that value must be of the type that the method declares.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Returns from "../../../src/command/Returns.ts"
import { commands } from "../../../src/commands/All.ts"
import { type Argument, Client } from "../../../src/embed/Client.ts"
import * as Embedded from "../../../src/embed/Embedded.ts"
import { encoderOf } from "../../../src/embed/typed/Encoder.ts"
import { signatureOf } from "../../../src/embed/typed/Signature.ts"
import * as Typed from "../../../src/embed/typed/Typed.ts"
import type { Prepared } from "../../../src/embed/typed/Types.ts"
import { ReplyError } from "../../../src/embed/Value.ts"
import { missing } from "../../support/Oracle.ts"
import { connect } from "../../support/RawClient.ts"
import { startRedis } from "../../support/ServerProcess.ts"
import { samples, varying, without } from "./Samples.ts"

type Given = Readonly<Record<string, unknown>>

/** What of a value is not of the declared type; undefined when all is. Written from the types, not from the decoder. */
const wrong = (returns: Returns.Returns, value: unknown, given: Given, path = "it"): string | undefined => {
  const expected = (holds: boolean, what: string) => holds ? undefined : `${path} is no ${what}: ${String(value)}`
  const every = (values: ReadonlyArray<unknown>, of: Returns.Returns) =>
    values.map((one, index) => wrong(of, one, given, `${path}[${index}]`)).find((found) => found !== undefined)
  const has = (option: string) => given[option] !== undefined && given[option] !== false
  switch (returns._tag) {
    case "Bulk":
    case "Text":
      return expected(typeof value === "string", "text")
    case "Word":
      return expected(value === returns.word, returns.word)
    case "Bytes":
      return expected(value instanceof Uint8Array, "bytes")
    case "Integer":
      return expected(Number.isSafeInteger(value), "integer")
    case "Integer64":
      return expected(typeof value === "bigint" || Number.isSafeInteger(value), "integer")
    case "Double":
      return expected(typeof value === "number" && !Number.isNaN(value), "number")
    case "Boolean":
      return expected(typeof value === "boolean", "boolean")
    case "Done":
      return expected(value === undefined, "void")
    case "Anything":
      return undefined
    case "Optional":
      return value === undefined ? undefined : wrong(returns.of, value, given, path)
    case "First":
      return value === undefined ? undefined : every([value], (returns.of as Returns.Returns & { _tag: "Pairs" }).of)
    case "List":
    case "Pairs":
      return Array.isArray(value) ? every(value, returns.of) : expected(false, "array")
    case "Dictionary":
      if (!(value instanceof Map)) return expected(false, "map")
      return every([...value.keys()], returns.key) ?? every([...value.values()], returns.of)
    case "NamedValues":
      return expected(value instanceof Map && value.size > 0, "map of fields")
    case "Tuple":
    case "Properties": {
      if (typeof value !== "object" || value === null) return expected(false, "object")
      const fields = Object.values(returns.fields)
      const values: ReadonlyArray<unknown> = Object.values(value)
      if (values.length !== fields.length) return `${path} has ${values.length} fields`
      return fields.map((of, index) => wrong(of, values[index], given, `${path}.${Object.keys(value)[index]}`))
        .find((found) => found !== undefined)
    }
    case "Variants":
      return returns.of.some((of) => wrong(of, value, given) === undefined) ? undefined : expected(false, "variant")
    case "If":
      return wrong(has(returns.option) ? returns.given : returns.otherwise, value, given, path)
    case "With":
      return has(returns.option) ? wrong(returns.of, value, given, path) : expected(value === undefined, "undefined")
  }
}

type Method = (...args: ReadonlyArray<unknown>) => Prepared<unknown>

/** A server to call the methods on. */
interface Lane {
  readonly name: string
  readonly hello: number
  readonly send: Typed.Send<Error>
}

const embedded = (hello: number): Effect.Effect<Lane, unknown, Scope.Scope> =>
  Effect.gen(function*() {
    const services = yield* Layer.build(Embedded.layer({ "enable-debug-command": "yes" }))
    const client = yield* Effect.provide(Client.make, services)
    return { name: `RESP${hello}`, hello, send: (line) => client.reply(...line) }
  })

const redis: Effect.Effect<Lane, unknown, Scope.Scope> = Effect.gen(function*() {
  const { port } = yield* startRedis({ args: ["--enable-debug-command", "yes"] })
  const client = yield* connect(port)
  const words = (line: ReadonlyArray<Argument>) => line.map((word) => typeof word === "bigint" ? String(word) : word)
  return {
    name: "redis-server",
    hello: 3,
    send: (line) => Effect.map(client.command(...words(line)), ({ value }) => value)
  }
})

describe("the typed API", () => {
  it("has a method for every command, or a reason not to", () => {
    for (const { name, spec } of commands) {
      assert.strictEqual(spec.returns !== undefined, without[name] === undefined, name)
    }
    const known = new Set(commands.map(({ name }) => name))
    assert.deepStrictEqual(Object.keys(without).filter((name) => !known.has(name)), [])
  })

  it("names what a call is given without ambiguity", () => {
    for (const command of commands) {
      const { options, parameters } = signatureOf(command)
      const names = parameters.map(({ name }) => name)
      assert.strictEqual(new Set(names).size, names.length, command.name)
      for (const option of options) if ("name" in option) assert.notInclude(names, option.name, command.name)
    }
  })

  it.live("comes to the same by RESP3, by RESP2, and on redis-server", () =>
    Effect.gen(function*() {
      const lanes = [yield* embedded(3), yield* embedded(2), ...(missing === undefined ? [yield* redis] : [])]
      const { prepare } = Typed.make(() => Effect.never)
      const specs = new Map(commands.map((command) => [signatureOf(command).name, command]))
      const speak = ({ hello, send }: Lane) => send(["HELLO", hello], false)
      yield* Effect.forEach(lanes, speak)
      for (const [name, calls] of Object.entries(samples)) {
        const command = specs.get(name)
        const { returns } = command?.spec ?? {}
        if (command === undefined || returns === undefined) return assert.fail(`${name} is no command`)
        const method = prepare[name as keyof typeof samples] as Method
        for (const args of calls) {
          const call = method(...args)
          const outcomes: Array<unknown> = []
          for (const lane of lanes) {
            if (lane.name === "redis-server" && name.startsWith("fiber")) continue
            const outcome = yield* Effect.result(Typed.make(lane.send).run(call))
            const what = `${lane.name}: ${call.line.join(" ")}`
            if (outcome._tag === "Success") {
              assert.isUndefined(wrong(returns, outcome.success, encoderOf(signatureOf(command)).given(args)), what)
              outcomes.push(outcome.success)
            } else {
              assert.instanceOf(outcome.failure, ReplyError, what)
              outcomes.push(outcome.failure.message)
            }
            if (!varying.has(name)) assert.deepStrictEqual(outcomes.at(-1), outcomes[0], what)
            if (name === "hello") yield* speak(lane)
          }
        }
      }
    }).pipe(Effect.scoped))
})
