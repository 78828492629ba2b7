/**
 * The codecs of directives as Effect Schemas, from the words of a configuration file to values: for who composes them with
 * others, or makes values up. They are apart because no start needs them, and Schema brings seventy modules along.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type Codec, Refusal, type Words } from "./Codec.ts"

/** The Schema of a codec: `of(Registry.get("maxmemory").codec)`. */
export const of = <A, V>({ parse, print, values }: Codec<A, V>): Schema.Codec<A, Words> =>
  Schema.Array(Schema.String).pipe(Schema.decodeTo(
    values(Schema),
    SchemaTransformation.transformEffect({
      decode: (words: Words) => {
        const value = parse(words)
        return value instanceof Refusal
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: value.message }))
          : Effect.succeed(value)
      },
      encode: (value: A) => Effect.succeed(print(value))
    })
  ))
