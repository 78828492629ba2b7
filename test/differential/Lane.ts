/**
 * One of the two servers and the connections that a sequence has to it. A server that died or hangs is started anew, so that
 * one crash does not end a whole run.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { open as openFollower } from "../support/Follower.ts"
import type { Follower, Words } from "../support/Follower.ts"
import { encode, open } from "../support/RawClient.ts"
import type { ConnectionError, RawClient } from "../support/RawClient.ts"
import { start } from "../support/ServerProcess.ts"
import type { ServerError, ServerProcess } from "../support/ServerProcess.ts"
import { text } from "./Grammar.ts"
import { control, resolve } from "./Step.ts"
import type { Step } from "./Step.ts"

/** How the server is reached: started by us, or already there. */
export type Target =
  | { readonly _tag: "Command"; readonly command: ReadonlyArray<string>; readonly args: ReadonlyArray<string> }
  | { readonly _tag: "Port"; readonly port: number }

interface Peer {
  readonly client: RawClient
  readonly id: string
  readonly address: string
}

/** How long an answer may take before the server counts as hanging. */
export const patience = "15 seconds"

export class Lane {
  readonly name: string
  readonly #target: Target
  readonly #peers = new Map<number, Peer>()
  #server: { readonly process: ServerProcess; readonly scope: Scope.Closeable } | undefined
  #port = 0
  #follower: Follower | undefined

  constructor(name: string, target: Target) {
    this.name = name
    this.#target = target
    if (target._tag === "Port") this.#port = target.port
  }

  /** What the server logged, when we started it. */
  get log(): string {
    return this.#server?.process.log() ?? ""
  }

  /** Whether the process that we started is there. */
  get isRunning(): boolean {
    return this.#server?.process.isRunning() ?? true
  }

  /** The connections that are open at the moment. */
  get connections(): ReadonlyArray<number> {
    return [...this.#peers.keys()]
  }

  /** Starts the server, if it is ours to start. */
  readonly start: Effect.Effect<void, ServerError> = Effect.suspend(() => {
    const target = this.#target
    if (target._tag === "Port") return Effect.void
    return Effect.gen({ self: this }, function*() {
      const scope = yield* Scope.make()
      const process = yield* Scope.provide(start(target.command, { args: target.args }), scope)
      this.#server = { process, scope }
      this.#port = process.port
    })
  })

  readonly stop: Effect.Effect<void> = Effect.suspend(() => {
    this.disconnectAll()
    this.#follower?.close()
    this.#follower = undefined
    const server = this.#server
    this.#server = undefined
    return server === undefined ? Effect.void : Scope.close(server.scope, Exit.void)
  })

  /** Returns a connection of the sequence, made on first use. */
  connection(number: number): Effect.Effect<RawClient, ConnectionError> {
    const peer = this.#peers.get(number)
    return peer !== undefined && !peer.client.closed ? Effect.succeed(peer.client) : this.#connect(number)
  }

  /** The client, if the connection was made. */
  peek(number: number): RawClient | undefined {
    return this.#peers.get(number)?.client
  }

  disconnect(number: number): void {
    this.#peers.get(number)?.client.close()
    this.#peers.delete(number)
  }

  /** Whether there is a replica to which the server tells its writes. */
  get isFollowed(): boolean {
    return this.#follower !== undefined
  }

  /** Attaches a replica, in the last one's place. */
  readonly follow: Effect.Effect<void, ConnectionError> = Effect.gen({ self: this }, function*() {
    this.#follower?.close()
    this.#follower = yield* openFollower(this.#port)
    yield* this.takeStream
  })

  /** What its replica was told since the last time; undefined when it was turned away. */
  readonly takeStream: Effect.Effect<ReadonlyArray<Words> | undefined, ConnectionError> = Effect.gen(
    { self: this },
    function*() {
      const [info] = yield* this.ask([["INFO", "replication"]]).pipe(Effect.retry({ times: 2 }))
      const offset = Number(/^master_repl_offset:(\d+)/m.exec(text(info))?.[1])
      return yield* this.#follower?.upTo(offset) ?? Effect.undefined
    }
  )

  disconnectAll(): void {
    for (const number of this.connections) this.disconnect(number)
  }

  /** Runs commands on the tester's own connection. */
  ask(commands: ReadonlyArray<ReadonlyArray<string>>): Effect.Effect<ReadonlyArray<ReplyValue>, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      const client = yield* this.connection(control)
      client.write(Buffer.concat(commands.map((args) => this.encode({ _tag: "Command", connection: control, args }))))
      const replies = yield* client.take(commands.length)
      return replies.map((reply) => reply.value)
    })
  }

  /** The bytes of a step on this server. */
  encode(step: Step): Buffer {
    switch (step._tag) {
      case "Command":
        return encode(step.args.map((arg) => Buffer.from(this.#resolve(arg), "latin1")))
      case "Raw":
        return Buffer.from(step.bytes, "latin1")
      case "Close":
        return Buffer.alloc(0)
    }
  }

  #resolve(arg: string): string {
    return resolve(arg, (what, connection) => {
      const peer = this.#peers.get(connection)
      return (what === "id" ? peer?.id : peer?.address) ?? "0"
    })
  }

  #connect(number: number): Effect.Effect<RawClient, ConnectionError> {
    return Effect.gen({ self: this }, function*() {
      const client = yield* open(this.#port)
      const reply = yield* client.command("CLIENT", "ID")
      const id = reply.value._tag === "Integer" ? String(reply.value.value) : "0"
      this.#peers.set(number, { client, id, address: `127.0.0.1:${client.socket.localPort}` })
      return client
    })
  }
}
