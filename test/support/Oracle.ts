/** Tests that ask the real redis-server run where it is installed, and say loudly where it is not. */
import { describe } from "@effect/vitest"
import { spawnSync } from "node:child_process"

/** The version that replies, files and streams are measured by. */
export const version = "7.0.15"

/** Why the oracle cannot be asked; `undefined` when it can. */
export const missing: string | undefined = (() => {
  const found = spawnSync("redis-server", ["--version"], { encoding: "utf8" })
  if (found.error !== undefined) return "redis-server is not installed"
  return found.stdout.includes(`v=${version} `) ? undefined : `redis-server is not ${version}: ${found.stdout.trim()}`
})()

/** `describe` for tests that compare with redis-server. */
export const describeWithRedis = (name: string, body: () => void): void => {
  if (missing === undefined) {
    describe(name, body)
    return
  }
  process.stderr.write(`\n!!! SKIPPED, ${missing}: ${name}\n    Debian and Ubuntu: apt-get install redis-server\n\n`)
  describe.skip(`${name} (${missing})`, body)
}
