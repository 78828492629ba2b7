/** Which folder of `src/` may import which, as docs/architecture.md tells it; a new folder needs its row here. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const source = fileURLToPath(new URL("../src/", import.meta.url))

const foundation = ["memory", "resp", "config", "store", "command"]
const services = [...foundation, "pubsub", "persistence", "replication"]

/** From the bottom to the top; a folder may always import itself. */
const layers: Readonly<Record<string, ReadonlyArray<string>>> = {
  memory: [],
  resp: ["memory"],
  config: ["memory", "resp"],
  store: ["memory", "config"],
  command: ["memory", "resp", "config", "store"],
  pubsub: foundation,
  persistence: foundation,
  replication: [...foundation, "persistence"],
  // What it knows of the others it asks their services; of them only the commands that show it import it.
  inspect: services,
  server: services,
  commands: [...services, "inspect", "server"],
  embed: [...services, "inspect", "server", "commands"],
  inspector: [...services, "inspect", "server", "embed"]
}

/** Run without Effect, so that they can be read, tested and measured as plain functions on bytes. */
const pure = ["memory", "resp"]

interface Import {
  readonly file: string
  readonly folder: string
  readonly target: string
  /** Whether it is imported only when it is needed. */
  readonly lazy: boolean
}

const imports: ReadonlyArray<Import> = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => {
    const text = readFileSync(join(source, file), "utf8")
    const targets = text.matchAll(/^(?:import|export|\} from)\b[^"\n]*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm)
    return [...targets].map(([, stated, loaded]) => {
      const target = stated ?? loaded ?? ""
      return {
        file,
        folder: folderOf(file),
        target: target.startsWith(".") ? relative(source, join(source, dirname(file), target)) : target,
        lazy: loaded !== undefined
      }
    })
  })

/** The folder in `src/`; empty for the files beside the folders. */
function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : ""
}

const offenders = (wrong: (one: Import) => boolean) =>
  imports.filter(wrong).map(({ file, target }) => `src/${file} imports ${target}`)

describe("the folders of src", () => {
  it("each have a place in the layers", () => {
    const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepStrictEqual(folders.map(({ name }) => name).filter((name) => layers[name] === undefined), [])
  })

  it("import only what lies below them", () => {
    assert.deepStrictEqual(
      offenders(({ folder, target }) => {
        const to = folderOf(target)
        return layers[folder] !== undefined && layers[to] !== undefined && folder !== to
          && !layers[folder].includes(to)
      }),
      []
    )
  })

  it("do not import the daemon or the library's face", () => {
    assert.deepStrictEqual(offenders(({ target }) => target === "main.ts" || target === "index.ts"), [])
  })

  it("use no Effect in the pure ones", () => {
    assert.deepStrictEqual(
      offenders(({ folder, target }) => pure.includes(folder) && /^(effect|@effect)\b/.test(target)),
      []
    )
  })

  it("load what slows the start only when it is asked for", () => {
    const slow = imports.filter(({ target }) => /^effect\/(cli|cluster|rpc|sql)\b/.test(target))
      .map(({ file }) => file)
    assert.deepStrictEqual(offenders(({ lazy, target }) => !lazy && slow.includes(target)), [])
  })
})
