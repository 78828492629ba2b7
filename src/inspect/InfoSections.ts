/**
 * INFO, put together from what the parts of the server provide. A part provides the fields that it knows better than
 * the catalogue in `InfoFields.ts`, which keeps their order; a later provider of a field wins. A field that the
 * catalogue does not know (`slave0`) follows the one that it was given behind, and a section without fields of its own
 * lists what it is given.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import { type Section, sections, type Value } from "./InfoFields.ts"

export type Fields = Iterable<readonly [name: string, value: Value]>

class Sections {
  private readonly providers = new Map<Section, Set<() => Fields>>()

  /** Adds a provider, called whenever the section is shown; returns the way to take it out. */
  provide(section: Section, fields: () => Fields): () => void {
    let known = this.providers.get(section)
    if (known === undefined) this.providers.set(section, known = new Set())
    const providers = known
    providers.add(fields)
    return () => void providers.delete(fields)
  }

  /** The text of these sections, in Redis's order. */
  text(names: ReadonlySet<Section>): string {
    const texts: Array<string> = []
    for (const section of sectionNames) {
      if (names.has(section)) texts.push(this.sectionText(section))
    }
    return texts.join("\r\n")
  }

  private sectionText(section: Section): string {
    const { fields, title } = sections[section]
    const values = new Map<string, Value | undefined>(fields.map(([name, atRest]) => [name, atRest]))
    const followers = new Map<string | undefined, Array<readonly [string, Value]>>()
    for (const provider of this.providers.get(section) ?? []) {
      let before: string | undefined
      for (const field of provider()) {
        const [name, value] = field
        if (values.has(name)) {
          values.set(name, value)
          before = name
        } else followers.set(before, [...(followers.get(before) ?? []), field])
      }
    }
    let text = `# ${title}\r\n`
    const write = (name: string, value: Value): void => {
      text += `${name}:${value}\r\n`
    }
    for (const field of followers.get(undefined) ?? []) write(...field)
    for (const [name, value] of values) {
      if (value !== undefined) write(name, value)
      for (const field of followers.get(name) ?? []) write(...field)
    }
    return text
  }
}

// The keys of a record that is typed by its sections
const sectionNames = Object.keys(sections) as ReadonlyArray<Section>

/** The sections that INFO's arguments ask for; none means the default ones, unknown names ask for nothing. */
export const requested = (words: ReadonlyArray<string>): ReadonlySet<Section> => {
  const names = new Set<Section>()
  for (const word of words.length === 0 ? ["default"] : words) {
    for (const section of sectionNames) {
      const whole = word === "all" || word === "everything" || (word === "default" && sections[section].byDefault)
      if (whole || word === section || (word === "module_list" && section === "modules")) names.add(section)
    }
  }
  return names
}

export class InfoSections extends Context.Service<InfoSections, Sections>()("go-redis/inspect/InfoSections") {
  static readonly layer = Layer.sync(this, () => new Sections())
}
