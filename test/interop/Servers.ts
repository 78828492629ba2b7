/**
 * A client's session is written once and runs against redis-server and against our daemon: what the client makes of the replies has
 * to be the same. An assertion that is wrong about Redis fails on redis-server, so that it is not blamed on us.
 */
import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { describeWithRedis } from "../support/Oracle.ts"
import { startOurs, startRedis } from "../support/ServerProcess.ts"

/** Starts the server under test. */
export type Start = typeof startOurs

export const describeOnBoth = (client: string, body: (start: Start) => void): void => {
  describe(`${client} on go-redis`, () => body(startOurs))
  describeWithRedis(`${client} on redis-server`, () => body(startRedis))
}

/** Opens a client of the promise kind, which `close` ends with the scope. */
export const client = <A>(open: () => Promise<A>, close: (client: A) => void | Promise<void>) =>
  Effect.acquireRelease(Effect.promise(open), (client) => Effect.promise(async () => close(client)))

/** Every byte there is, and what the protocol itself is written with. */
export const everyByte: Buffer = Buffer.concat([
  Buffer.from("\r\n$3\r\n*1\r\n\0"),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
])

/** A value that no parser sees in one piece. */
export const megabyte: Buffer = randomBytes(1 << 20)
