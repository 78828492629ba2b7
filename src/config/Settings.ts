/**
 * The values of all directives: exact ones, from which CONFIG GET and CONFIG REWRITE write, and beside them the typed
 * record that the rest of the server reads. Plain synchronous state; the `Config` service owns one.
 */
import * as Codec from "./Codec.ts"
import * as Registry from "./Registry.ts"

/** Exact values by directive, to come back to. */
export type Saved = ReadonlyMap<Registry.Name, unknown>

export class Settings {
  readonly values: Registry.Values
  // A copy: V8 keeps it fast to read, where one that grew to this size is a hash table (1 ns to 10)
  readonly #live: { [name: string]: unknown } = { ...Registry.liveDefaults }
  /** Those that have been given a value; the others have their default. */
  readonly #given = new Map<Registry.Name, unknown>()

  /** Begins with the defaults; `directory` is where a relative `dir` starts. */
  constructor(directory: string) {
    this.#put("dir", directory)
    // Every directive has its default by now
    this.values = this.#live as unknown as Registry.Values
  }

  /** The words of a directive's value. */
  words(name: Registry.Name): Codec.Words {
    return Registry.get(name).codec.print(this.#exact(name))
  }

  /** The value as CONFIG GET answers it: a byte string. */
  text(name: Registry.Name): string {
    return this.words(name).join(" ")
  }

  /** The lines of CONFIG REWRITE, without the name. */
  lines(name: Registry.Name): ReadonlyArray<Codec.Line> {
    const { codec, default: byDefault } = Registry.get(name)
    return codec.lines(this.#exact(name), byDefault)
  }

  /** Directives that have another value than their default, which nothing goes by yet. */
  withoutEffect(): ReadonlyArray<Registry.Name> {
    return Registry.names.filter((name) => {
      const { codec, default: byDefault, effect } = Registry.get(name)
      return effect === "not yet" && this.text(name) !== codec.print(byDefault).join(" ")
    })
  }

  /** Takes the words of a directive, or says why not. */
  assign(name: Registry.Name, words: Codec.Words, giving: Codec.Giving): string | undefined {
    const { codec } = Registry.get(name)
    const value = codec.parse(words)
    if (value instanceof Codec.Refusal) return value.message
    const merged = codec.merge(this.#exact(name), value, giving)
    if (merged instanceof Codec.Refusal) return merged.message
    this.#put(name, merged)
    return undefined
  }

  save(): Saved {
    return new Map(Registry.names.map((name) => [name, this.#exact(name)]))
  }

  restore(saved: Saved): void {
    for (const [name, value] of saved) if (this.#exact(name) !== value) this.#put(name, value)
  }

  #exact(name: Registry.Name): unknown {
    return this.#given.has(name) ? this.#given.get(name) : Registry.get(name).default
  }

  #put(name: Registry.Name, exact: unknown): void {
    this.#given.set(name, exact)
    this.#live[name] = Registry.get(name).codec.live(exact)
  }
}
