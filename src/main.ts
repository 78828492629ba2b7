import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Net from "node:net"
import { CommandTable } from "./command/CommandTable.ts"
import { Executor } from "./command/Executor.ts"
import * as Commands from "./commands/All.ts"
import { Config } from "./config/Config.ts"
import * as Inspect from "./inspect/Inspect.ts"
import { ReplicationId } from "./replication/ReplicationId.ts"
import { BufferPool } from "./resp/Output.ts"
import { Connection } from "./server/Connection.ts"
import * as SocketTransport from "./server/SocketTransport.ts"
import { Store } from "./store/Store.ts"

const port = Number(process.argv[process.argv.indexOf("--port") + 1])
const program = Effect.gen(function*() {
  const executor = yield* Executor
  const store = yield* Store
  const clock = yield* Clock.Clock
  const pool = new BufferPool()
  const context = { executor, state: store.state, clock, pool }
  const readBuffer = Buffer.allocUnsafeSlow(SocketTransport.READ_BUFFER_BYTES)
  let id = 0
  Net.createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = new Connection(++id, SocketTransport.make(socket, readBuffer), context)
    connection.attach(Effect.runFork(connection.serve))
  }).listen(port)
  return yield* Effect.never
})
const layer = Commands.layer.pipe(
  Layer.provideMerge(Executor.layer),
  Layer.provideMerge(Inspect.layer),
  Layer.provideMerge(Layer.mergeAll(CommandTable.layer, Store.layerConfig, ReplicationId.layer)),
  Layer.provideMerge(Config.layer())
)
NodeRuntime.runMain(Effect.provide(program, layer))
