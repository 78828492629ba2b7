/** What the benchmark learns from the kernel: CPU time, resident memory, and what machine this is. Linux only, like `taskset`. */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"

/** Nanoseconds of CPU that all threads of a process have used. `/proc/PID/stat` counts in hundredths of seconds; this is exact. */
export const cpuTime = (pid: number): number => {
  let total = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0])
  }
  return total
}

/** Bytes of resident memory. */
export const residentMemory = (pid: number): number => {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))
  return Number(line?.[1] ?? 0) * 1024
}

/** Moves this process, and with it what it starts, to a core. */
export const moveTo = (core: string): void => {
  spawnSync("taskset", ["-a", "-c", "-p", core, String(process.pid)])
}

/** What the benchmark cannot do without and does not find here. */
export const missing = (): ReadonlyArray<string> =>
  ["redis-server", "redis-benchmark", "taskset"].filter((program) =>
    spawnSync(program, ["--version"]).error !== undefined
  )

/** The machine in one line, for the table's caption. */
export const describe = (): string => {
  const [first] = cpus()
  const kernel = spawnSync("uname", ["-sr"], { encoding: "utf8" }).stdout.trim()
  return `${cpus().length} cores of ${first?.model.trim() ?? "an unknown CPU"}, ${
    Math.round(totalmem() / 2 ** 30)
  } GiB, ${kernel}`
}

export const redisVersion = (): string =>
  /v=(\S+)/.exec(spawnSync("redis-server", ["--version"], { encoding: "utf8" }).stdout)?.[1] ?? "unknown"
