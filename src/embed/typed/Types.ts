/** The types that the methods of the typed API (`Methods.ts`) are made of. */
import type * as Effect from "effect/Effect"
import type { ReplyValue } from "../../resp/ReplyParser.ts"
import type { Argument } from "../Client.ts"

// ---- what is given

export type Integer = number | bigint
/** Text, too, as Redis reads it: `(1.5`, `-inf`. */
export type Double = number | string
export type OneOrMore<A> = A | ReadonlyArray<A>
/** Fields with their values. */
export type Fields = Readonly<Record<string, Argument>> | Iterable<readonly [field: Argument, value: Argument]>
/** Members with their scores. */
export type Scores =
  | Readonly<Record<string, Double>>
  | Iterable<readonly [member: Argument, score: Double] | { readonly member: Argument; readonly score: Double }>

/** At most one of the fields. */
export type OneOf<Fields> = {
  readonly [Name in keyof Fields]:
    & { readonly [_ in Name]?: Fields[Name] | undefined }
    & { readonly [_ in Exclude<keyof Fields, Name>]?: undefined }
}[keyof Fields]

/** All of the fields that must be there, or none of any. */
export type AllOrNone<Fields> = Fields | { readonly [_ in keyof Fields]?: undefined }

// ---- what is answered

/** As an option is given or not; both where that is not known. */
export type If<Option, Then, Otherwise> = Option extends false | undefined ? Otherwise : Then

/** A command that is not sent yet, and how to read what it answers. */
export interface Prepared<out A> {
  readonly line: ReadonlyArray<Argument>
  readonly decode: (reply: ReplyValue) => A
  /** Whether it may wait, and hold back what follows on its connection. */
  readonly waits: boolean
}

/** What the methods do: send the command, with the errors of whoever sends it; run it at once; prepare it. */
export type Mode = { readonly failsWith: unknown } | "at once" | "prepared"

/** What a method returns for a command that answers with an `A`. */
export type Answer<How extends Mode, A> = How extends { readonly failsWith: infer E } ? Effect.Effect<A, E>
  : How extends "prepared" ? Prepared<A>
  : A
