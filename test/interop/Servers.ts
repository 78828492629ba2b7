/**
 * A client's session is written once and runs against redis-server and against our daemon: what the client makes of the replies has
 * to be the same. An assertion that is wrong about Redis fails on redis-server, so that it is not blamed on us.
 */
import { describe, layer } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import { describeWithRedis } from "../support/Oracle.ts"
import { connect } from "../support/RawClient.ts"
import { type ServerProcess, startOurs, startRedis } from "../support/ServerProcess.ts"

/** The server that a file's sessions share, because starting one takes longer than most of them. */
class Server extends Context.Service<Server, ServerProcess>()("go-redis/test/interop/Server") {}

/** The shared server, without keys. */
export const emptyServer = Effect.scoped(Effect.gen(function*() {
  const server = yield* Server
  yield* (yield* connect(server.port)).command("FLUSHALL")
  return server
}))

export interface Suite {
  readonly it: Vitest.MethodsNonLive<Server>
  /** Starts a server with settings of its own. */
  readonly start: typeof startOurs
}

export const describeOnBoth = (client: string, body: (suite: Suite) => void): void => {
  const sessions = (start: typeof startOurs) => () =>
    layer(Layer.effect(Server, start()), { excludeTestServices: true })((it) => body({ it, start }))
  describe(`${client} on go-redis`, sessions(startOurs))
  describeWithRedis(`${client} on redis-server`, sessions(startRedis))
}

/** Opens a client of the promise kind, which `close` ends with the scope. */
export const client = <A>(open: () => Promise<A>, close: (client: A) => void | Promise<void>) =>
  Effect.acquireRelease(Effect.promise(open), (client) => Effect.promise(async () => close(client)))

/** What was thrown, as clients tell it. */
export const messageOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(() => undefined, (error: unknown) => error instanceof Error ? error.message : String(error))

/** Every byte there is, and what the protocol itself is written with. */
export const everyByte: Buffer = Buffer.concat([
  Buffer.from("\r\n$3\r\n*1\r\n\0"),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
])

/** A value that no parser sees in one piece. */
export const megabyte: Buffer = randomBytes(1 << 20)
