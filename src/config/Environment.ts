/** Directives in environment variables: `GO_REDIS_MAXMEMORY_POLICY` is `maxmemory-policy`. */
import * as Registry from "./Registry.ts"
import * as Sds from "./Sds.ts"

/** A variable that gives a directive. */
export interface Variable {
  readonly variable: string
  readonly name: Registry.Name
  readonly words: ReadonlyArray<string>
}

const PREFIX = "GO_REDIS_"

/** The variable of a directive's name. */
export const variableOf = (name: string): string => PREFIX + name.replaceAll("-", "_").toUpperCase()

// Kubernetes and old Docker describe a service called go-redis in variables of this form
const isServiceLink = (variable: string, value: string): boolean =>
  variable === `${PREFIX}PORT` && value.startsWith("tcp://")

/** The directives that an environment gives, in the order of the registry. Variables that are no directive are left alone. */
export const read = (environment: { readonly [variable: string]: string | undefined }): ReadonlyArray<Variable> =>
  Registry.entries.flatMap(({ canonical, directive, name }) => {
    const variable = variableOf(name)
    const value = environment[variable]
    if (value === undefined || isServiceLink(variable, value)) return []
    const bytes = Sds.fromText(value)
    const words = directive.codec.spaced ? Sds.splitWords(bytes) ?? [] : [bytes]
    return [{ variable, name: canonical, words }]
  })
