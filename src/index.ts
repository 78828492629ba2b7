/// <reference types="node" preserve="true" />
/**
 * What an Effect app imports to have the server, or parts of it, among its layers. Everything else can be imported by
 * its path: `go-redis/store/types/Strings`.
 *
 * ```ts
 * import { Embedded, RedisServer } from "go-redis"
 *
 * const Redis = Embedded.layer({ maxmemory: 100 * 1024 * 1024 })
 * const Server = RedisServer.layerTcp({ port: 6379 }).pipe(Layer.provideMerge(Redis))
 * ```
 */
export { ClientRegistry } from "./command/ClientRegistry.ts"
export * as Command from "./command/Command.ts"
export * as CommandError from "./command/CommandError.ts"
export { CommandTable } from "./command/CommandTable.ts"
export { Executor } from "./command/Executor.ts"
export { Request } from "./command/Request.ts"
export { Session } from "./command/Session.ts"
export { Shutdown } from "./command/Shutdown.ts"
export * as Spec from "./command/Spec.ts"
export { Stats } from "./command/Stats.ts"
export { Config } from "./config/Config.ts"
export { ConfigFileError } from "./config/ConfigError.ts"
export { Atomic } from "./embed/Atomic.ts"
export { Client } from "./embed/Client.ts"
export { Commands, type CommandsService } from "./embed/Commands.ts"
export * as BackingPersistence from "./embed/effect/BackingPersistence.ts"
export * as KeyValueStore from "./embed/effect/KeyValueStore.ts"
export * as PersistedQueueStore from "./embed/effect/PersistedQueueStore.ts"
export * as RateLimiterStore from "./embed/effect/RateLimiterStore.ts"
export * as EffectRedis from "./embed/effect/Redis.ts"
export * as Embedded from "./embed/Embedded.ts"
export { RedisTest } from "./embed/RedisTest.ts"
export * as Services from "./embed/Services.ts"
export { type RunningServer, type ServerOptions, startServer } from "./embed/startServer.ts"
export * as Subscriptions from "./embed/Subscriptions.ts"
export type * as Methods from "./embed/typed/Methods.ts"
export * as Typed from "./embed/typed/Typed.ts"
export type * as Types from "./embed/typed/Types.ts"
export * as Value from "./embed/Value.ts"
export * as Fibers from "./Fibers.ts"
export { SpanRecorder } from "./inspect/SpanRecorder.ts"
export { Persistence } from "./persistence/Persistence.ts"
export { RdbError } from "./persistence/RdbError.ts"
export { Snapshot } from "./persistence/Snapshot.ts"
export { SnapshotStorage } from "./persistence/SnapshotStorage.ts"
export { PubSub } from "./pubsub/PubSub.ts"
export * as Reply from "./resp/Reply.ts"
export { Connections } from "./server/Connections.ts"
export { ListenError } from "./server/ListenError.ts"
export * as MemoryTransport from "./server/MemoryTransport.ts"
export { RedisServer } from "./server/RedisServer.ts"
export type { Transport } from "./server/Transport.ts"
export { Store } from "./store/Store.ts"
