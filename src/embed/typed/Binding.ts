/**
 * The methods themselves: for each command with a `returns` in its spec one that makes the command line from what it is
 * given and leaves it to `run` what becomes of that. A method is made when it is first asked for: a server in a test has
 * use for three of them.
 */
import type { Command } from "../../command/Command.ts"
import { commands } from "../../commands/All.ts"
import type { ReplyValue } from "../../resp/ReplyParser.ts"
import { decoderOf } from "./Decoder.ts"
import { encoderOf } from "./Encoder.ts"
import type { Methods } from "./Methods.ts"
import { methodName, signatureOf } from "./Signature.ts"
import type { Mode, Prepared } from "./Types.ts"

export type Run = (command: Prepared<unknown>) => unknown

const run = Symbol("run")
const asBytes = Symbol("asBytes")

/** What the methods are made for. */
interface Bound {
  readonly [run]: Run
  readonly [asBytes]: boolean
}

const methodOf = (command: Command, bound: Bound): (...args: ReadonlyArray<unknown>) => unknown => {
  const { flags, returns } = command.spec
  const encoder = encoderOf(signatureOf(command))
  const decode = decoderOf(returns ?? { _tag: "Anything" })
  const blocking = flags.includes("blocking")
  const mayChoose = command.name.startsWith("XREAD")
  const { [asBytes]: bytes, [run]: runs } = bound
  return (...args) => {
    const given = encoder.given(args)
    const options = { given, asBytes: bytes }
    return runs({
      line: encoder.line(args, given),
      decode: (reply: ReplyValue) => decode(reply, options),
      waits: blocking && (!mayChoose || given["block"] !== undefined)
    })
  }
}

const methods: object = Object.create(
  null,
  Object.fromEntries(
    commands.filter(({ spec }) => spec.returns !== undefined).map((command) => {
      const name = methodName(command.name)
      return [name, {
        enumerable: true,
        get(this: Bound) {
          const method = methodOf(command, this)
          Object.defineProperty(this, name, { value: method, enumerable: true })
          return method
        }
      }]
    })
  )
)

/** The methods over a `run` that returns what the mode says. */
export const bind = <How extends Mode, Text>(
  runs: Run,
  bytes: Text extends string ? false : true
): Methods<How, Text> =>
  // The generated interface and the methods come from the same specs
  Object.create(methods, { [run]: { value: runs }, [asBytes]: { value: bytes } }) as Methods<How, Text>
