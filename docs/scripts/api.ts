/**
 * `docs/api/`: what `src/index.ts` exports, a page for each module, from the declarations that the compiler writes and
 * their comments.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Page } from "./pages.ts"

const repository = fileURLToPath(new URL("../../", import.meta.url))

/** Pages of every exported module, and a README that lists them. */
export const api = (): ReadonlyArray<Page> => {
  const folder = mkdtempSync(join(tmpdir(), "go-redis-api-"))
  try {
    const compiler = join(repository, "node_modules/typescript/bin/tsc")
    const project = join(repository, ".config/tsconfig.build.json")
    const options = ["--declarationMap", "false", "--outDir", folder]
    const { status, stdout } = spawnSync(process.execPath, [compiler, "--project", project, ...options], {
      encoding: "utf8"
    })
    if (status !== 0) throw new Error(stdout)
    const modules = exportsOf(readFileSync(join(repository, "src/index.ts"), "utf8")).map((exported) => ({
      ...exported,
      ...parse(
        readFileSync(join(repository, "src", exported.path), "utf8"),
        readFileSync(join(folder, exported.path.replace(/\.ts$/, ".d.ts")), "utf8")
      )
    }))
    return [contents(modules), ...modules.map(pageOf)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// ---- what is exported

interface Exported {
  /** The module from `src/`. */
  readonly path: string
  /** The name of its namespace, or those of its exports that the library has. */
  readonly names: string | ReadonlyArray<string>
}

const exportsOf = (index: string): ReadonlyArray<Exported> =>
  [...index.matchAll(/^export (?:type )?(?:\* as (\w+)|\{ (.+) \}) from "\.\/(.+)"$/gm)].map((
    [, namespace, names = "", path = ""]
  ) => ({
    path,
    names: namespace ?? names.split(", ").map((name) => name.replace("type ", ""))
  }))

// ---- declarations

interface Declaration {
  readonly name: string
  readonly comment: string
  readonly code: string
}

interface Module {
  /** What the module says about itself. */
  readonly about: string
  readonly declarations: ReadonlyArray<Declaration>
}

const COMMENT = "\\/\\*\\*(?:(?!\\*\\/)[\\s\\S])*\\*\\/\\n"
const HEADER = new RegExp(`^${COMMENT}(?=\n?import|\n?export \\*)`)
/** A comment, a declaration and its name; what follows stands at the beginning of a line and closes nothing. */
const DECLARATION = new RegExp(
  `^(${COMMENT})?((?:export )?(?:declare )?(?:const|(?:abstract )?class|interface|type|function) (\\w+)[\\s\\S]*?\\n)(?=[^\\s}])`,
  "gm"
)

const withoutReferences = (text: string): string => text.replace(/^\/\/\/ .*\n/gm, "")

/** What a module says about itself, and its declarations as the compiler writes them. */
const parse = (module: string, declared: string): Module => ({
  about: prose(HEADER.exec(withoutReferences(module))?.[0] ?? ""),
  declarations: [...`${withoutReferences(declared).replace(HEADER, "")}end`.matchAll(DECLARATION)].map((
    [, comment = "", code = "", name = ""]
  ) => ({ name, comment: prose(comment), code: code.trim() }))
})

/** The text of a comment. */
const prose = (comment: string): string => comment.replace(/^\/\*\*\s?|\s*\*\/\s*$/g, "").replace(/^ \* ?/gm, "").trim()

/** A declaration as it is written by hand: two spaces, no semicolons, services and errors by their constructors. */
const source = ({ code, name }: Declaration, { declarations }: Module): string => {
  const base = declarations.find((other) => other.name === `${name}_base`)?.code ?? ""
  const service = /ServiceClass<\w+, ("[^"]+"), ([\s\S]*)>;$/.exec(base)
  const [, key = "", shape = ""] = service ?? []
  return code
    .replace(
      `${name}_base`,
      service === null ? `Data.TaggedError("${name}")` : `Context.Service<${name}, ${shape}>()(${key})`
    )
    .replace(/import\("[^"]+"\)\./g, "")
    .replace(/^export (declare )?/, "")
    .replace(/;$/gm, "")
    .replace(/^( {4})+/gm, (spaces) => " ".repeat(spaces.length / 2))
}

/** The declarations of a module that the library has, with those of the same module that they name. */
const shown = ({ declarations, names }: Exported & Module): ReadonlyArray<Declaration> => {
  const own = declarations.filter(({ code, name }) => code.startsWith("export") && !name.endsWith("_base"))
  if (typeof names === "string") return own
  const wanted = new Set(names)
  for (const name of wanted) {
    const codes = declarations.filter((other) => other.name === name || other.name === `${name}_base`)
    for (const other of own) {
      if (codes.some(({ code }) => new RegExp(`\\b${other.name}\\b`).test(code))) wanted.add(other.name)
    }
  }
  // Those that the library has, and then what belongs to them
  const place = ({ name }: Declaration): number => (names.indexOf(name) + names.length + 1) % (names.length + 1)
  return own.filter(({ name }) => wanted.has(name)).sort((a, b) => place(a) - place(b))
}

// ---- pages

const titleOf = ({ names }: Exported): string => typeof names === "string" ? names : names[0] ?? ""

const pageOf = (module: Exported & Module): Page => {
  const title = titleOf(module)
  const imported = typeof module.names === "string" ? title : `{ ${module.names.join(", ")} }`
  const sections = shown(module).map((
    declaration
  ) => [`## ${declaration.name}`, declaration.comment, `\`\`\`ts\n${source(declaration, module)}\n\`\`\``])
  const parts = [
    `# ${title}`,
    module.about,
    `\`import ${imported.startsWith("{") ? imported : `{ ${imported} }`} from "go-redis"\`, or \`go-redis/${
      module.path.replace(/\.ts$/, "")
    }\``,
    ...sections.flat()
  ]
  return { file: `${title}.md`, write: () => `${parts.filter((part) => part !== "").join("\n\n")}\n` }
}

/** The first sentence, in a line. */
const summary = ({ about, declarations, names }: Exported & Module): string => {
  const own = declarations.find(({ name }) => typeof names !== "string" && name === names[0])?.comment
  const [first = ""] = [own, about, declarations[0]?.comment].find((text) => text !== undefined && text !== "")
    ?.split("\n\n") ?? []
  return (/^[\s\S]*?[.:](?=\s|$)/.exec(first)?.[0] ?? first).replaceAll("\n", " ").replace(/:$/, ".").replaceAll(
    "|",
    "\\|"
  )
}

const contents = (modules: ReadonlyArray<Exported & Module>): Page => ({
  file: "README.md",
  write: () =>
    `# API

What \`go-redis\` exports. [Embedding](../embedding.md) leads through it; every module can also be imported by its path.

${modules.map((module) => `- [${titleOf(module)}](${titleOf(module)}.md): ${summary(module)}`).join("\n")}
`
})
