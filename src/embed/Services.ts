/**
 * Everything behind the connections, as one layer: the store, the commands and what runs them. What it needs is the
 * configuration.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Admission } from "../command/Admission.ts"
import { ClientRegistry } from "../command/ClientRegistry.ts"
import { CommandTable } from "../command/CommandTable.ts"
import { Executor } from "../command/Executor.ts"
import { Shutdown } from "../command/Shutdown.ts"
import { Stats } from "../command/Stats.ts"
import { Waiters } from "../command/Waiters.ts"
import { WatchedKeys } from "../command/WatchedKeys.ts"
import * as Commands from "../commands/All.ts"
import { Config } from "../config/Config.ts"
import { FiberRegistry, Registry } from "../Fibers.ts"
import * as Inspect from "../inspect/Inspect.ts"
import { stacked } from "../Layers.ts"
import { Persistence } from "../persistence/Persistence.ts"
import { Snapshot } from "../persistence/Snapshot.ts"
import { SnapshotStorage } from "../persistence/SnapshotStorage.ts"
import * as Notifications from "../pubsub/Notifications.ts"
import { PubSub } from "../pubsub/PubSub.ts"
import { Tracking } from "../pubsub/Tracking.ts"
import { Failover } from "../replication/Failover.ts"
import { FullSync } from "../replication/FullSync.ts"
import * as LastBytes from "../replication/LastBytes.ts"
import { MasterLink } from "../replication/MasterLink.ts"
import { Replicas } from "../replication/Replicas.ts"
import { ReplicationId } from "../replication/ReplicationId.ts"
import { Role } from "../replication/Role.ts"
import { Connections } from "../server/Connections.ts"
import * as Spans from "../Spans.ts"
import { Store } from "../store/Store.ts"

/** The store and the commands with what runs them, without connections; snapshots go to that storage. */
export const commandsWith = (storage: Layer.Layer<SnapshotStorage, never, Config>) =>
  stacked(
    storage,
    Layer.sync(Spans.ServerSpans, () => new Spans.Switch()),
    Layer.sync(FiberRegistry, () => new Registry()),
    CommandTable.layer,
    Admission.layer,
    Stats.layer,
    PubSub.layer,
    Shutdown.layer,
    ReplicationId.layer,
    Role.layer,
    Store.layerConfig,
    Waiters.layer,
    WatchedKeys.layer,
    Notifications.layer,
    Snapshot.layer,
    Replicas.layer,
    ClientRegistry.layer,
    FullSync.layer,
    Persistence.layer,
    Tracking.layer,
    ...Inspect.layers,
    Executor.layer,
    LastBytes.layer,
    MasterLink.layer,
    Failover.layer,
    Commands.layer
  )

/** When the data has been loaded: its history, and the link to the master, if the configuration names one. */
const following = Layer.effectDiscard(Effect.gen(function*() {
  const { values } = yield* Config
  const { follow, restore } = yield* MasterLink
  const { loaded, status } = yield* Persistence
  yield* Effect.gen(function*() {
    yield* loaded
    restore(status.aux, status.expiredKeys === 0)
    if (values.replicaof !== undefined) yield* follow(values.replicaof, { atStart: true })
    // The failure is whoever's who waits for it to be served
  }).pipe(Effect.ignore, Effect.forkScoped({ startImmediately: true }))
}))

/** All of it. */
export const layerWith = (storage: Layer.Layer<SnapshotStorage, never, Config>) =>
  stacked(commandsWith(storage), Connections.layer, following)

/** `commandsWith` and `layerWith` of data that ends with the process. */
export const commands = commandsWith(SnapshotStorage.layerNone)
export const layer = layerWith(SnapshotStorage.layerNone)

/** As the daemon has it: what the file in `dir` says is loaded, and snapshots go there. */
export const layerFile = layerWith(SnapshotStorage.layerFile)
