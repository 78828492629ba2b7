/**
 * Every directive there is, under its name. A new one is an entry in a file of `directives/`; everything else follows
 * from it: the file, the command line, the environment, CONFIG, `--help`, the documentation and the type of `Values`.
 */
import type { Directive } from "./Directive.ts"
import { Cluster } from "./directives/Cluster.ts"
import { DataTypes } from "./directives/DataTypes.ts"
import { General } from "./directives/General.ts"
import { Inspection } from "./directives/Inspection.ts"
import { Memory } from "./directives/Memory.ts"
import { Monitoring } from "./directives/Monitoring.ts"
import { Network } from "./directives/Network.ts"
import { Persistence } from "./directives/Persistence.ts"
import { Replication } from "./directives/Replication.ts"
import { Security } from "./directives/Security.ts"
import { Tls } from "./directives/Tls.ts"

/** The directives by name. */
export const directives = {
  ...Network.directives,
  ...General.directives,
  ...Memory.directives,
  ...DataTypes.directives,
  ...Persistence.directives,
  ...Replication.directives,
  ...Security.directives,
  ...Monitoring.directives,
  ...Inspection.directives,
  ...Tls.directives,
  ...Cluster.directives
} as const

type Directives = typeof directives

/** The name of a directive (aliases aside). */
export type Name = keyof Directives

/** What the code that uses a directive sees. */
export type Live<N extends Name> = Directives[N] extends Directive<infer _, infer V> ? V : never

/** All directives as the code that uses them sees them: `values.maxmemory` is a number of bytes. */
export type Values = { readonly [N in Name]: Live<N> }

/**
 * What an embedding app may give: a directive's value as in a configuration file, or as a number, a truth value or a
 * list where that is how it is written.
 */
export type Options = { readonly [N in Name]?: Option<Live<N>> | undefined }
type Option<V> =
  | string
  | (V extends boolean ? boolean
    : V extends number ? number
    : V extends string ? V
    : V extends ReadonlyArray<string> ? V
    : never)

/** A name under which a directive is known, and the directive. */
export interface Entry {
  /** The name or alias, in lower case. */
  readonly name: string
  /** The directive's own name. */
  readonly canonical: Name
  readonly directive: Directive
}

// The registry is typed by its entries; code that walks over it sees values of unknown type
const described = Object.entries(directives) as ReadonlyArray<[Name, Directive]>

/** The names by theme, with the headings of the documentation. */
export const sections: ReadonlyArray<{ readonly title: string; readonly names: ReadonlyArray<Name> }> = [
  Network,
  General,
  Memory,
  DataTypes,
  Persistence,
  Replication,
  Security,
  Monitoring,
  Inspection,
  Tls,
  Cluster
].map(({ directives: those, title }) => ({ title, names: Object.keys(those) as ReadonlyArray<Name> }))

/** The names, without the aliases, in the order of the documentation. */
export const names: ReadonlyArray<Name> = described.map(([name]) => name)

/** Every name, aliases included, in the order of the documentation. */
export const entries: ReadonlyArray<Entry> = described.flatMap(([canonical, directive]) =>
  [canonical, ...directive.aliases].map((name) => ({ name, canonical, directive }))
)

const byName: ReadonlyMap<string, Entry> = new Map(entries.map((entry) => [entry.name, entry]))

/** The directive of a name or an alias, in any case. */
export const find = (name: string): Entry | undefined => byName.get(name.toLowerCase())

/** The directive of a name. */
export const get = (name: Name): Directive => directives[name] as Directive

/** The typed value of each directive by default. */
export const liveDefaults: { readonly [name: string]: unknown } = Object.fromEntries(
  described.map(([name, { codec, default: byDefault }]) => [name, codec.live(byDefault)])
)
