/**
 * Replaces a file so that a reader, or a crash, meets the old text or the new one and nothing between: written beside it,
 * flushed, renamed over it, and the folder flushed.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

const MODE = 0o644

/** Throws the system's error and leaves nothing behind. A file that only its owner may read stays so. */
export const replaceUnsafe = (path: string, bytes: Uint8Array, unique: string): void => {
  const temporary = `${path}.${unique}.tmp`
  const mode = Fs.statSync(path, { throwIfNoEntry: false })?.mode ?? MODE
  try {
    writeFlushed(temporary, bytes, mode & 0o777)
    Fs.renameSync(temporary, path)
  } catch (error) {
    Fs.rmSync(temporary, { force: true })
    throw error
  }
  const folder = Fs.openSync(Path.dirname(path), "r")
  try {
    Fs.fsyncSync(folder)
  } finally {
    Fs.closeSync(folder)
  }
}

const writeFlushed = (path: string, bytes: Uint8Array, mode: number): void => {
  const file = Fs.openSync(path, "w", mode)
  try {
    Fs.writeFileSync(file, bytes)
    Fs.fsyncSync(file)
  } finally {
    Fs.closeSync(file)
  }
}
