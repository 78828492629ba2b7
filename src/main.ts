#!/usr/bin/env node
/**
 * The daemon: reads the command line and the configuration, builds the layers, and runs until a signal or SHUTDOWN.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Fs from "node:fs"
import packageJson from "../package.json" with { type: "json" }
import { Shutdown } from "./command/Shutdown.ts"
import { Config } from "./config/Config.ts"
import { REDIS_VERSION } from "./config/ConfigError.ts"
import * as Invocation from "./config/Invocation.ts"
import * as Services from "./embed/Services.ts"
import * as Exporters from "./inspect/exporters/Exporters.ts"
import { FiberReport } from "./inspect/FiberReport.ts"
import { Persistence } from "./persistence/Persistence.ts"
import * as Engine from "./server/Engine.ts"
import * as Log from "./server/Log.ts"
import { RedisServer } from "./server/RedisServer.ts"

/** `dir` is the working directory, as long as the server runs. */
const followDirectory = Effect.gen(function*() {
  const { onChange, values } = yield* Config
  process.chdir(values.dir)
  onChange(["dir"], (changed) => process.chdir(changed.dir))
})

/** Written when nothing can stop the start any more, so that it is never another server's that is removed. */
const pidFile = Effect.gen(function*() {
  const { values } = yield* Config
  const pidfile = values.pidfile
  if (pidfile === "") return
  yield* Effect.acquireRelease(
    Effect.catch(
      Effect.try(() => Fs.writeFileSync(pidfile, `${process.pid}\n`)),
      ({ cause }) => Effect.logWarning(`The pidfile cannot be written: ${String(cause)}`)
    ),
    () => Effect.sync(() => Fs.rmSync(pidfile, { force: true }))
  )
})

/** Ends the process with a code, without a word. */
class Exiting {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}

/** SIGTERM and SIGINT ask for the shutdown that their directives describe; a second SIGINT does not wait for it. */
const followSignals = Effect.gen(function*() {
  const { begin } = yield* Shutdown
  const { values } = yield* Config
  const fork = Effect.runForkWith(yield* Effect.context())
  let asked = false
  const ask = (name: "SIGTERM" | "SIGINT") => {
    if (asked && name === "SIGINT") process.exit(1)
    asked = true
    const flags = values[name === "SIGINT" ? "shutdown-on-sigint" : "shutdown-on-sigterm"]
    const save = flags.includes("save") ? "save" : flags.includes("nosave") ? "nosave" : "default"
    const mode = { save, now: flags.includes("now"), force: flags.includes("force") } as const
    fork(
      Effect.logWarning(`Received ${name} scheduling shutdown...`).pipe(
        Effect.andThen(begin(mode)),
        Effect.tap((ended) => {
          asked = ended
          return ended ? Effect.void : Effect.logWarning(`Errors trying to shut down on ${name}, the server goes on`)
        })
      )
    )
  }
  // A terminal that closes does not end the server, as with redis-server.
  const ignore = () => {}
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGTERM", ask).on("SIGINT", ask).on("SIGHUP", ignore)),
    () => Effect.sync(() => process.off("SIGTERM", ask).off("SIGINT", ask).off("SIGHUP", ignore))
  )
})

/** SIGUSR1 writes what all fibers do to the log. */
const reportOnSignal = Effect.gen(function*() {
  const { tree } = yield* FiberReport
  const fork = Effect.runForkWith(yield* Effect.context())
  const report = () => void fork(Effect.forEach(tree().split("\n"), (line) => Effect.logWarning(line)))
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGUSR1", report)),
    () => Effect.sync(() => process.off("SIGUSR1", report))
  )
})

/** The inspector page, where the configuration asks for it. */
const inspectorPage = Effect.gen(function*() {
  const { values } = yield* Config
  const port = values["inspector-port"]
  if (port === 0) return
  const Inspector = yield* Effect.promise(() => import("./inspector/Inspector.ts"))
  yield* Effect.catch(
    Effect.andThen(
      Layer.build(Inspector.layer({ host: "127.0.0.1", port })),
      Effect.logInfo(`The inspector page is at http://127.0.0.1:${port}/`)
    ),
    ({ cause }) => Effect.logWarning(`The inspector page cannot be shown on port ${port}: ${String(cause)}`)
  )
})

/** Connections are accepted already, and told that the data is being loaded. */
const untilLoaded = Effect.gen(function*() {
  const { loaded } = yield* Persistence
  const { requested } = yield* Shutdown
  yield* Effect.raceFirst(loaded, requested)
}).pipe(Effect.catchTags({
  RdbError: ({ message }) => cannotLoad(`Bad file format reading the RDB file: ${message}`),
  StorageError: ({ message }) => cannotLoad(message)
}))

const cannotLoad = (reason: string): Effect.Effect<never> =>
  Effect.andThen(
    Effect.logWarning(`Fatal error loading the DB: ${reason}. Exiting.`),
    Effect.die(new Exiting(1))
  )

const serve = Effect.gen(function*() {
  yield* followDirectory
  const config = yield* Config
  const { values } = config
  yield* Effect.logWarning(`go-redis ${packageJson.version} is starting, Redis version=${REDIS_VERSION}`)
  for (const name of config.withoutEffect()) {
    yield* Effect.logWarning(`'${name}' has no effect in this version (see docs/configuration.md)`)
  }
  yield* Effect.logInfo(`Running mode=standalone, port=${values.port || values["tls-port"]}. PID: ${process.pid}`)
  const services = yield* Layer.build(RedisServer.layer.pipe(Layer.provideMerge(Services.layerFile)))
  yield* pidFile
  // Before the line that tells a process manager that it may send signals
  yield* Effect.provide(Effect.all([followSignals, reportOnSignal, Exporters.figures, inspectorPage]), services)
  yield* Effect.provide(Engine.whileLoading(untilLoaded), services)
  yield* Engine.whenServing
  yield* Effect.logInfo("Ready to accept connections")
  if (values.unixsocket !== "") {
    yield* Effect.logInfo(`The server is now ready to accept connections at ${values.unixsocket}`)
  }
  yield* Effect.provide(Shutdown.use(({ requested }) => requested), services)
  yield* Effect.logWarning("Redis is now ready to exit, bye bye...")
}).pipe(
  Effect.catchTag("ListenError", ({ details, message }) =>
    Effect.gen(function*() {
      for (const detail of details) yield* Effect.logWarning(detail)
      yield* Effect.logWarning(message)
      return yield* Effect.die(new Exiting(1))
    })),
  Effect.scoped
)

const start = (invocation: Invocation.Serve): void => {
  const config = Config.layerLoaded({
    invocation,
    environment: process.env,
    stdin: () => Fs.readFileSync(0),
    directory: process.cwd()
  })
  const program = serve.pipe(
    Effect.provide(Exporters.layer(packageJson.version)),
    Effect.provide(Log.layer()),
    Effect.provide(config),
    Effect.catchTag("ConfigFileError", ({ logged, message }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (logged === true) process.stdout.write(Log.format(new Date(now), "warning", message))
        else process.stderr.write(message)
        return Effect.die(new Exiting(1))
      }))
  )
  runMain(program, { teardown, disableErrorReporting: true })
}

const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  fiber.addObserver((exit) => teardown(exit, (code) => process.exit(code)))
})

const teardown: Runtime.Teardown = (exit, onExit) => {
  if (!Exit.isFailure(exit)) return onExit(0)
  const defect = Cause.squash(exit.cause)
  if (defect instanceof Exiting) return onExit(defect.code)
  process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  return onExit(1)
}

/** Answers instead of serving: `--help` and the like, loaded only now. */
const tell = Effect.fnUntraced(function*(invocation: Exclude<Invocation.Invocation, Invocation.Serve>) {
  const { answer } = yield* Effect.promise(() => import("./config/Answer.ts"))
  const { code, stderr, stdout } = yield* answer(invocation, packageJson.version)
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exitCode = code
})

const invocation = Invocation.parse(process.argv.slice(2))
if (invocation._tag === "Serve") start(invocation)
else Effect.runFork(tell(invocation))
