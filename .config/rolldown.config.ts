/**
 * The JavaScript of the package. Every module can be imported by its path, but what a server needs comes in one file for
 * each folder of `src/`: Node loads a dozen files in a third of the time that it takes for three hundred. What is imported
 * only when it is needed, with `import()`, stays a file of its own.
 */
import { readdirSync } from "node:fs"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { type CodeSplittingNameFunction, defineConfig } from "rolldown"

const source = fileURLToPath(new URL("../src/", import.meta.url))

const modules = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))

type Graph = Parameters<CodeSplittingNameFunction>[1]

/** What is loaded as soon as one of these is. */
const loadedWith = (ids: ReadonlyArray<string>, graph: Graph): ReadonlySet<string> => {
  const loaded = new Set(ids)
  for (const id of loaded) for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) loaded.add(imported)
  return loaded
}

let eager: ReadonlySet<string> | undefined

/** The file of a module: its folder's, if it is loaded with the library. */
const folderOf: CodeSplittingNameFunction = (id, graph) => {
  eager ??= loadedWith([`${source}index.ts`], graph)
  const [folder, ...rest] = relative(source, id).split("/")
  return eager.has(id) && id.startsWith(source) && rest.length > 0 ? folder : null
}

export default defineConfig({
  input: Object.fromEntries(modules.map((file) => [file.slice(0, -".ts".length), source + file])),
  external: /^(node:|effect\/|@effect\/)/,
  platform: "node",
  output: {
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "folders/[name].js",
    codeSplitting: { groups: [{ name: folderOf, debugName: "folders" }], includeDependenciesRecursively: false },
    // Names stay as they are, for those who read a stack trace
    minifyInternalExports: false,
    comments: { legal: false, jsdoc: false, annotation: true },
    sourcemap: true,
    // The package has them
    sourcemapExcludeSources: true
  }
})
