/** Every family of commands; one that is left out of `families` does not exist for the server. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Command } from "../command/Command.ts"
import * as Bitmaps from "./Bitmaps.ts"
import * as BlockingLists from "./BlockingLists.ts"
import * as Client from "./Client.ts"
import * as CommandCommands from "./CommandCommands.ts"
import * as Config from "./Config.ts"
import * as Connection from "./Connection.ts"
import * as Debug from "./Debug.ts"
import * as Dump from "./Dump.ts"
import * as Fiber from "./Fiber.ts"
import * as Geo from "./Geo.ts"
import * as GeoSearch from "./GeoSearch.ts"
import * as Hashes from "./Hashes.ts"
import * as HyperLogLog from "./HyperLogLog.ts"
import * as Info from "./Info.ts"
import * as Keys from "./Keys.ts"
import * as Keyspaces from "./Keyspaces.ts"
import * as Latency from "./Latency.ts"
import * as Lists from "./Lists.ts"
import * as Lolwut from "./Lolwut.ts"
import * as Memory from "./Memory.ts"
import * as Migrate from "./Migrate.ts"
import * as Monitor from "./Monitor.ts"
import * as PubSub from "./PubSub.ts"
import * as Replication from "./Replication.ts"
import * as SetOperations from "./SetOperations.ts"
import * as Sets from "./Sets.ts"
import * as Shutdown from "./Shutdown.ts"
import * as SlowLog from "./SlowLog.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Sort from "./Sort.ts"
import * as SortedSetAlgebra from "./SortedSetAlgebra.ts"
import * as SortedSetPops from "./SortedSetPops.ts"
import * as SortedSetRanges from "./SortedSetRanges.ts"
import * as SortedSets from "./SortedSets.ts"
import * as StreamGroups from "./StreamGroups.ts"
import * as StreamInfo from "./StreamInfo.ts"
import * as StreamReads from "./StreamReads.ts"
import * as Streams from "./Streams.ts"
import * as Strings from "./Strings.ts"
import * as Time from "./Time.ts"
import * as Transactions from "./Transactions.ts"
import * as Wait from "./Wait.ts"

const families = [
  Bitmaps,
  BlockingLists,
  Client,
  CommandCommands,
  Config,
  Connection,
  Debug,
  Dump,
  Fiber,
  Geo,
  GeoSearch,
  Hashes,
  HyperLogLog,
  Info,
  Keys,
  Keyspaces,
  Latency,
  Lists,
  Lolwut,
  Memory,
  Migrate,
  Monitor,
  PubSub,
  Replication,
  SetOperations,
  Sets,
  Shutdown,
  SlowLog,
  Snapshots,
  Sort,
  SortedSetAlgebra,
  SortedSetPops,
  SortedSetRanges,
  SortedSets,
  StreamGroups,
  StreamInfo,
  StreamReads,
  Streams,
  Strings,
  Time,
  Transactions,
  Wait
]

export const layer = Layer.effectDiscard(Effect.all(families.map(({ layer }) => layer.add), { discard: true }))

/** The same commands without their programs: for what is written from the specs alone. */
export const commands: ReadonlyArray<Command> = families.flatMap(({ group }): ReadonlyArray<Command> => group.commands)
