/**
 * The value of `dir`: always an absolute path. A relative one starts at the directory before it, as if the process
 * changed into each of them; one that cannot be entered is refused with the system's text.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Codec from "../Codec.ts"
import * as Sds from "../Sds.ts"

const systemTexts = {
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system"
} as const
const byCode: { readonly [code: string]: string } = systemTexts

/** What the C library says about a failed system call. */
export const systemText = (error: unknown): string => {
  if (!(error instanceof Error) || !("code" in error)) return String(error)
  return byCode[String(error.code)] ?? error.message
}

/** Where `path` leads from `before`, or why it cannot be entered. */
const enter = (before: string, path: string): string | Codec.Refusal => {
  if (path === "") return Codec.refuse(systemTexts.ENOENT)
  try {
    const real = Fs.realpathSync(Path.resolve(before, path))
    Fs.accessSync(`${real}/.`, Fs.constants.X_OK)
    return real
  } catch (error) {
    return Codec.refuse(systemText(error))
  }
}

const text = Codec.text("<path>")

export const codec: Codec.Codec<string> = {
  ...text,
  kind: "directory",
  merge: (before, path) => {
    const real = enter(Sds.toText(before), Sds.toText(path))
    return real instanceof Codec.Refusal ? real : Sds.fromText(real)
  },
  lines: (path) => [{ text: Sds.quote(path), forced: true }]
}
