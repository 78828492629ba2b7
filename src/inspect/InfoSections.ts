/**
 * INFO, put together from what the parts of the server provide. A part provides the fields that it knows better than
 * the catalogue in `InfoFields.ts`, which keeps their order; a later provider of a field wins. A field that the
 * catalogue does not know (`slave0`) follows the one that it was given behind, and a section without fields of its own
 * lists what it is given.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import { type Section, type SectionFields, sections, type Value } from "./InfoFields.ts"

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
    const places = placesOf[section]
    const values = fields.map(([, atRest]) => atRest)
    // Those behind a field, by its place; -1 for those before all of them
    const followers = new Map<number, string>()
    for (const provider of this.providers.get(section) ?? []) {
      let before = -1
      for (const [name, value] of provider()) {
        const place = places.get(name)
        if (place === undefined) followers.set(before, (followers.get(before) ?? "") + line(name, value))
        else values[before = place] = value
      }
    }
    let text = `# ${title}\r\n${followers.get(-1) ?? ""}`
    for (const [place, [name]] of fields.entries()) {
      const value = values[place]
      if (value !== undefined) text += line(name, value)
      if (followers.size > 0) text += followers.get(place) ?? ""
    }
    return text
  }
}

const line = (name: string, value: Value): string => `${name}:${value}\r\n`

// The keys of a record that is typed by its sections
const sectionNames = Object.keys(sections) as ReadonlyArray<Section>

const placesIn = ({ fields }: SectionFields): ReadonlyMap<string, number> =>
  new Map(fields.map(([name], place) => [name, place]))

/** Where the fields of each section stand. */
const placesOf = Record.map(sections, placesIn)

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
