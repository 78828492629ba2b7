/**
 * What a directive is: the description from which the configuration file, the command line, the environment, CONFIG,
 * `--help` and the documentation are made. The directives themselves are in `directives/`, one entry each.
 */
import type { Codec } from "./Codec.ts"

/**
 * When a directive may be changed: while the server runs, only at its start, or while it runs if
 * `enable-protected-configs` allows it.
 */
export type Change = "any time" | "at start" | "protected"

/** The description of one directive. */
export interface Directive<A = unknown, V = unknown> {
  readonly codec: Codec<A, V>
  readonly default: A
  /** One line, in our own words. */
  readonly doc: string
  /** Older names. */
  readonly aliases: ReadonlyArray<string>
  readonly change: Change
  /** Whether the directive does something here, or is only known. */
  readonly effect: "yes" | "not yet"
  /** Answered by CONFIG GET only under its exact name. */
  readonly hidden: boolean
  /** Redis does not have it: CONFIG GET answers it only under its exact name, so that tools find what they know. */
  readonly ours: boolean
  /** Whether the value names something that changes by itself, as a file does: setting it again takes that up. */
  readonly refers: boolean
  /** The slow log and traces do not show values of it. */
  readonly secret: boolean
}

/** Describes a directive; what is left out is the usual: no aliases, changeable, without effect yet, visible. */
export const make = <A, V>(
  description:
    & Pick<Directive<A, V>, "codec" | "doc">
    & Partial<Pick<Directive<A, V>, "aliases" | "change" | "effect" | "hidden" | "ours" | "refers" | "secret">>
    & { readonly default: NoInfer<A> }
): Directive<A, V> => ({
  aliases: [],
  change: "any time",
  effect: "not yet",
  hidden: false,
  ours: false,
  refers: false,
  secret: false,
  ...description
})
