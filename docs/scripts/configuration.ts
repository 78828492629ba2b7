/** `docs/configuration.md`: how the server is configured, and every directive of the registry. */
import type { Change } from "../../src/config/Directive.ts"
import { variableOf } from "../../src/config/Environment.ts"
import * as Registry from "../../src/config/Registry.ts"
import { Settings } from "../../src/config/Settings.ts"

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs\` from the directives in src/config/directives. -->

The server takes the directives of Redis 7.0, in the same words and with the same refusals. Where it finds them, from the
one that counts most:

1. \`CONFIG SET\`, while it runs; \`CONFIG REWRITE\` writes what was changed into the file, keeping comments and order.
2. The command line: \`--maxmemory 1gb\`, several values as \`--save 60 1\` or \`--save "60 1"\`, name and value in one word as
   \`"--port 7000"\`. A directive may come several times where a file may have several lines of it.
3. The standard input, if \`-\` is the first or the last argument.
4. A file, if the first argument is its path: lines of a name and values, quoted like \`"a b\\n"\` or \`'a b'\`, comments after
   \`#\`, other files by \`include\`.
5. Environment variables: \`${
  variableOf("maxmemory-policy")
}\` is \`maxmemory-policy\`. Other variables of that prefix are left alone.
6. The defaults below. They are Redis's own, except that \`bind\` is the loopback.

Whatever it cannot take stops the start with redis-server's message and the line. Modules (\`loadmodule\`) and Sentinel mode
are refused. \`--help\` lists all directives, \`--completions bash|zsh|fish\` prints a script for the shell.

Sizes are bytes, with or without a unit: \`1k\` is 1000, \`1kb\` is 1024, likewise \`m\`, \`mb\`, \`g\`, \`gb\`. Switches are \`yes\` or
\`no\`. A relative path starts at \`dir\`.

In an Effect app the same directives are the options of the layer, typed:

\`\`\`ts
const config = Config.layer({ port: 0, maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" })
\`\`\`

Each entry has the directive and its values, the default, and what it is for. _At start_: \`CONFIG SET\` refuses it.
_Protected_: \`CONFIG SET\` takes it only as \`enable-protected-configs\` allows. _Not in Redis_: \`CONFIG GET\`
answers it only under its exact name. _No effect yet_: it is known, checked,
answered and rewritten, but nothing acts on it so far.
`

const CHANGES: { readonly [When in Change]: string | undefined } = {
  "any time": undefined,
  "at start": "At start",
  "protected": "Protected"
}

/** Returns the page's text. */
export const configuration = (): string => {
  const defaults = new Settings(".")
  const entry = (name: Registry.Name): string => {
    const { aliases, change, codec, doc, effect, ours } = Registry.get(name)
    const byDefault = defaults.text(name)
    const notes = [
      aliases.length === 0 ? undefined : `Also \`${aliases.join("`, `")}\``,
      CHANGES[change],
      ours ? "Not in Redis" : undefined,
      effect === "yes" ? undefined : "No effect yet"
    ].filter((note) => note !== undefined)
    const marks = notes.length === 0 ? "" : ` _${notes.join(". ")}._`
    return `- **\`${name}\`** \`${codec.syntax}\`, by default ${
      byDefault === "" ? "empty" : `\`${byDefault}\``
    }. ${doc}${marks}\n`
  }
  const sections = Registry.sections.map(({ names, title }) =>
    `\n## ${title}\n\n${names.filter((name) => !Registry.get(name).hidden).map(entry).join("")}`
  )
  const hidden = Registry.names.filter((name) => Registry.get(name).hidden)
  const tests = `\n## For tests of Redis\n\n\`CONFIG GET\` answers these only under their exact names.\n\n${
    hidden.map(entry).join("")
  }`
  return INTRODUCTION + sections.join("") + tests
}
