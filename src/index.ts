/**
 * What an Effect app imports to have the server, or parts of it, among its layers. Everything else can be imported by
 * its path: `go-redis/store/types/Strings`.
 *
 * ```ts
 * import { Config, RedisServer, Services } from "go-redis"
 *
 * const Server = RedisServer.layer.pipe(
 *   Layer.provideMerge(Services.layer),
 *   Layer.provide(Config.layer({ port: 6379, maxmemory: "100mb" }))
 * )
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
export * as Services from "./embed/Services.ts"
export { FiberLabel } from "./FiberLabel.ts"
export * as Reply from "./resp/Reply.ts"
export { Connections } from "./server/Connections.ts"
export { ListenError } from "./server/ListenError.ts"
export * as MemoryTransport from "./server/MemoryTransport.ts"
export { RedisServer } from "./server/RedisServer.ts"
export type { Transport } from "./server/Transport.ts"
export { Store } from "./store/Store.ts"
