import { assert, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

it("a thousand servers in one process leave no handle, no fiber and no memory behind", () => {
  const program = fileURLToPath(new URL("ManyServers.ts", import.meta.url))
  // That it ends by itself is a part of it
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--expose-gc", program], { encoding: "utf8" })
  assert.strictEqual(status, 0, stderr)
  const left = JSON.parse(stdout)
  assert.strictEqual(left.stores, 1000)
  assert.isAtLeast(left.fibers, 5000)
  assert.deepInclude(left, { storesAlive: 0, fibersAlive: 0, handles: [] })
  // A kilobyte for each of the last four hundred would be a leak
  assert.isBelow(left.grownBytes, 400 * 1024)
})
