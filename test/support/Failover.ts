/**
 * Three servers and three Sentinels that watch them: what `docs/operations.md` shows how to run, on free ports. Servers
 * have files of their own, which Sentinel has them rewrite, so that one that was killed comes back with what it knew.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as CuttingProxy from "./CuttingProxy.ts"
import { plain } from "./Plain.ts"
import { type Arg, connect } from "./RawClient.ts"
import * as ServerProcess from "./ServerProcess.ts"

export const name = "the-master"

/** What the Sentinels are told, in milliseconds: when a master counts as down, and how long replacing it may take. */
export const downAfter = 1000
export const failoverTimeout = 6000

export class Unanswered extends Data.TaggedError("Unanswered")<{ readonly message: string }> {}

/** One server of the three, whether it runs or not. */
export class Member {
  readonly port: number
  /** Where the others reach it: its port, or that of the proxy in front of it. */
  readonly address: number
  /** Cuts it off from the others, or joins it again; only where there is a proxy. */
  readonly cutOff: (cut: boolean) => void
  private readonly command: ReadonlyArray<string>
  private readonly directory: string
  private process: { readonly server: ServerProcess.ServerProcess; readonly scope: Scope.Closeable } | undefined

  constructor(
    command: ReadonlyArray<string>,
    directory: string,
    port: number,
    proxy?: CuttingProxy.CuttingProxy
  ) {
    this.command = command
    this.directory = directory
    this.port = port
    this.address = proxy?.port ?? port
    this.cutOff = (cut) => proxy?.hold(cut)
  }

  /** Starts it, with what its file says since it ran the last time. */
  start(replicaOf?: number): Effect.Effect<void, ServerProcess.ServerError> {
    return Effect.gen({ self: this }, function*() {
      const file = join(this.directory, "redis.conf")
      const lines = [
        `port ${this.port}`,
        `dir ${this.directory}`,
        "bind 127.0.0.1",
        "save \"\"",
        "repl-diskless-sync-delay 0",
        "enable-debug-command yes",
        ...(this.address === this.port ? [] : [`replica-announce-port ${this.address}`]),
        ...(replicaOf === undefined ? [] : [`replicaof 127.0.0.1 ${replicaOf}`])
      ]
      if (!existsSync(file)) writeFileSync(file, `${lines.join("\n")}\n`)
      const scope = yield* Scope.make()
      const place = { directory: this.directory, port: this.port }
      const server = yield* Scope.provide(ServerProcess.startAt(this.command, place, [file]), scope)
      this.process = { server, scope }
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.server.signal(signal)
  }

  /** Kills it, as `kill -9` does. */
  readonly kill: Effect.Effect<void> = Effect.suspend(() => {
    const { process } = this
    this.process = undefined
    if (process === undefined) return Effect.void
    // A stopped process is ended by nothing else
    process.server.signal("SIGKILL")
    return Scope.close(process.scope, Exit.void)
  })

  ask(...args: ReadonlyArray<Arg>) {
    return ask(this.port, ...args)
  }

  /** A field of INFO replication. */
  info(field: string) {
    return Effect.map(
      this.ask("INFO", "replication"),
      (text) => new RegExp(`^${field}:(.*)\r$`, "m").exec(String(text))?.[1]
    )
  }
}

/** One command on a connection of its own. */
export const ask = (port: number, ...args: ReadonlyArray<Arg>) =>
  Effect.scoped(Effect.flatMap(connect(port), (client) => client.command(...args))).pipe(
    Effect.map(({ value }) => plain(value)),
    Effect.timeout("5 seconds"),
    Effect.mapError((error) => new Unanswered({ message: error.message }))
  )

/** Waits until something holds; what fails meanwhile does not hold. */
export const until = <E, R>(holds: Effect.Effect<boolean, E, R>): Effect.Effect<void, never, R> =>
  Effect.suspend(() =>
    Effect.flatMap(
      Effect.orElseSucceed(holds, () => false),
      (done) => done ? Effect.void : Effect.andThen(Effect.sleep("100 millis"), until(holds))
    )
  )

const sentinel = Effect.fnUntraced(function*(directory: string, master: number) {
  const port = yield* ServerProcess.freePort
  const file = join(directory, `sentinel-${port}.conf`)
  writeFileSync(
    file,
    [
      `port ${port}`,
      `dir ${directory}`,
      "bind 127.0.0.1",
      `sentinel monitor ${name} 127.0.0.1 ${master} 2`,
      `sentinel down-after-milliseconds ${name} ${downAfter}`,
      `sentinel failover-timeout ${name} ${failoverTimeout}`,
      `sentinel parallel-syncs ${name} 2`,
      ""
    ].join("\n")
  )
  yield* ServerProcess.startAt(["redis-server"], { directory, port }, [file, "--sentinel"], "Sentinel ID is")
  return port
})

export type Commands = readonly [master: ReadonlyArray<string>, ...replicas: Array<ReadonlyArray<string>>]

/**
 * A master, its two replicas, and the Sentinels' ports; once all know each other. Where they may be cut off, they reach
 * each other through proxies.
 */
export const start = (commands: Commands, { proxied }: { readonly proxied: boolean }) =>
  Effect.gen(function*() {
    const directory = yield* ServerProcess.temporaryDirectory
    const members: Array<Member> = []
    for (const command of commands) {
      const port = yield* ServerProcess.freePort
      const own = join(directory, String(port))
      mkdirSync(own)
      const member = new Member(
        command,
        own,
        port,
        proxied
          ? yield* CuttingProxy.listen(port, () => undefined)
          : undefined
      )
      yield* Effect.acquireRelease(member.start(members[0]?.address), () => member.kill)
      members.push(member)
    }
    const [master, ...replicas] = members as [Member, ...Array<Member>] // as many as commands
    for (const replica of replicas) yield* until(Effect.map(replica.info("master_link_status"), (is) => is === "up"))
    const sentinels: Array<number> = []
    for (let i = 0; i < 3; i++) sentinels.push(yield* sentinel(directory, master.address))
    for (const port of sentinels) {
      yield* until(
        Effect.map(ask(port, "SENTINEL", "CKQUORUM", name), (told) => String(told).startsWith("OK 3 usable"))
      )
      yield* until(
        Effect.map(ask(port, "SENTINEL", "REPLICAS", name), (list) => Array.isArray(list) && list.length === 2)
      )
    }
    /** The address of the master that the Sentinels agree on. */
    const agreed = Effect.map(
      Effect.forEach(sentinels, (port) => ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)),
      (addresses) => {
        const ports = new Set(addresses.map((address) => Array.isArray(address) ? Number(address[1]) : 0))
        return ports.size === 1 ? [...ports][0] : undefined
      }
    )
    return { members, master, sentinels, agreed }
  })
