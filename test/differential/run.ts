/**
 * The differential tester by hand: `node test/differential/run.ts --seed 1 --steps 200000 --groups string,bitmap`.
 * `--help` lists the options. Exits with 1 when the servers differ.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import * as Oracle from "../support/Oracle.ts"
import { ourCommand, redisCommand } from "../support/ServerProcess.ts"
import * as Campaign from "./Campaign.ts"
import { Lane } from "./Lane.ts"
import type { Target } from "./Lane.ts"
import * as Report from "./Report.ts"
import { serverArgs } from "./Settings.ts"
import * as Streams from "./Streams.ts"

const { values } = parseArgs({
  options: {
    "against-command": { type: "string" },
    "against-port": { type: "string" },
    "args": { type: "string", default: "" },
    "commands": { type: "string", default: "" },
    "coverage": { type: "boolean", default: false },
    "epoch": { type: "string" },
    "groups": { type: "string", default: "" },
    "help": { type: "boolean", default: false },
    "interleaved-steps": { type: "string" },
    "most": { type: "string", default: "10" },
    "seed": { type: "string" },
    "steps": { type: "string", default: "20000" },
    "streams": { type: "boolean", default: false }
  }
})

const help = `Plays random commands on redis-server and on ours, and compares what they say.

  --seed N                 where the random sequences start (a fresh one is chosen and printed)
  --steps N                commands on one connection (20000)
  --interleaved-steps N    steps on several connections in lock step (a fiftieth of --steps)
  --groups a,b             only these groups, as COMMAND DOCS names them (all)
  --commands "GET,CLIENT KILL"  only these commands (all)
  --streams                compare what replicas are told, too
  --epoch N                only this epoch of the run
  --most N                 stop after so many different differences (10)
  --coverage               list how often each command succeeded, found nothing, was refused
  --against-command "..."  the server to test, instead of ours; "redis-server" compares it with itself
  --against-port N         a server to test that runs already
  --args "--name value"    more directives for both servers
`

const list = (text: string) => text.split(",").map((item) => item.trim()).filter((item) => item !== "")
const write = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const main = Effect.gen(function*() {
  if (values.help) return yield* write(help)
  if (Oracle.missing !== undefined) return yield* Effect.andThen(write(Oracle.missing), fail)
  const args = [
    ...serverArgs,
    ...(values.streams ? Streams.serverArgs : []),
    ...values.args.split(" ").filter((word) => word !== "")
  ]
  const against: Target = values["against-port"] === undefined
    ? { _tag: "Command", command: values["against-command"]?.split(" ") ?? ourCommand, args }
    : { _tag: "Port", port: Number(values["against-port"]) }
  const reference = yield* lane("redis-server", { _tag: "Command", command: redisCommand, args })
  const candidate = yield* lane("the other", against)

  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed)
  const steps = Number(values.steps)
  const options: Campaign.Options = {
    seed,
    steps,
    interleavedSteps: values["interleaved-steps"] === undefined
      ? Math.ceil(steps / 50)
      : Number(values["interleaved-steps"]),
    groups: list(values.groups),
    commands: list(values.commands),
    most: Number(values.most),
    streams: values.streams,
    report: (progress) => process.stderr.write(`${progress}\n`)
  }
  yield* write(`seed ${seed}`)
  const lanes = { reference, candidate }
  const outcome = yield* values.epoch === undefined
    ? Campaign.run(lanes, options)
    : Campaign.runEpoch(lanes, options, Number(values.epoch))
  for (const finding of outcome.findings) yield* write(Report.finding(finding))
  if (values.coverage) yield* write(Report.coverage(outcome))
  yield* write(Report.summary(outcome, seed))
  if (outcome.findings.length > 0) yield* fail
})

const lane = (name: string, target: Target) =>
  Effect.acquireRelease(Effect.sync(() => new Lane(name, target)), (lane) => lane.stop)

const fail = Effect.sync(() => {
  process.exitCode = 1
})

NodeRuntime.runMain(Effect.scoped(main))
