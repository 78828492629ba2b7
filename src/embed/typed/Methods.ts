/**
 * The methods of the typed API, one for each command. Written by `npm run docs` from the specs in src/commands; how a
 * command becomes a method is told in `Signature.ts`, what the replies are in `Returns.ts`.
 */
import type { Argument } from "../Client.ts"
import type * as Value from "../Value.ts"
import type { AllOrNone, Answer, Double, Fields, If, Integer, Mode, OneOf, OneOrMore, Scores } from "./Types.ts"

// ---- replies

export interface AttachedReplica {
  readonly host: string
  readonly port: number
  readonly offset: number
}

export interface Claimed<Text, Justid> {
  readonly cursor: string
  readonly entries: If<Justid, Array<string>, Array<StreamEntry<Text>>>
  readonly deleted: Array<string>
}

export interface CommandHistogram {
  readonly calls: number
  readonly histogramUsec: Map<number, number>
}

export interface CommandInfo<Text> {
  readonly name: string
  readonly arity: number
  readonly flags: Array<string>
  readonly firstKey: number
  readonly lastKey: number
  readonly step: number
  readonly categories: Array<string>
  readonly tips: Array<string>
  readonly keys: Array<Value.Value<Text>>
  readonly subcommands: Array<Value.Value<Text>>
}

export interface CommonPart<Withmatchlen> {
  readonly first: Part
  readonly second: Part
  readonly length: If<Withmatchlen, number, undefined>
}

export interface CommonParts<Withmatchlen> {
  readonly matches: Array<CommonPart<Withmatchlen>>
  readonly len: number
}

export interface ConsumerInfo {
  readonly name: string
  readonly pending: number
  readonly idle: number
}

export interface ConsumerPending {
  readonly id: string
  readonly time: number
  readonly deliveries: number
}

export interface ConsumerState {
  readonly name: string
  readonly seenTime: number
  readonly pelCount: number
  readonly pending: Array<ConsumerPending>
}

export interface Coordinates {
  readonly longitude: number
  readonly latitude: number
}

export interface DeliveredEntry<Text> {
  readonly id: string
  readonly fields: Map<Text, Text> | undefined
}

export interface FiberInfo {
  readonly id: number
  readonly type: string
  readonly part: string
  readonly parentId: number | undefined
  readonly parent: string | undefined
  readonly state: string
  readonly ageMs: number
  readonly interruptible: boolean
  readonly clientId: number | undefined
  readonly clientAddr: string | undefined
  readonly clientName: string | undefined
  readonly lastCommand: string | undefined
  readonly lastCommands: Array<string>
  readonly traceId: string | undefined
  readonly spanId: string | undefined
  readonly waitsFor: string | undefined
  readonly waitedMs: number | undefined
}

export interface FieldPage<Text> {
  readonly cursor: Integer
  readonly fields: Array<FieldValue<Text>>
}

export interface FieldValue<Text> {
  readonly field: Text
  readonly value: Text
}

export interface GroupInfo {
  readonly name: string
  readonly consumers: number
  readonly pending: number
  readonly lastDeliveredId: string
  readonly entriesRead: number | undefined
  readonly lag: number | undefined
}

export interface GroupPending {
  readonly id: string
  readonly consumer: string
  readonly time: number
  readonly deliveries: number
}

export interface GroupState {
  readonly name: string
  readonly lastDeliveredId: string
  readonly entriesRead: number | undefined
  readonly lag: number | undefined
  readonly pelCount: number
  readonly pending: Array<GroupPending>
  readonly consumers: Array<ConsumerState>
}

export interface KeyPage<Text> {
  readonly cursor: Integer
  readonly keys: Array<Text>
}

export interface KeyUse<Text> {
  readonly key: Text
  readonly flags: Array<string>
}

export interface LatestSpike {
  readonly event: string
  readonly time: number
  readonly milliseconds: number
  readonly most: number
}

export interface MasterRole {
  readonly role: "master"
  readonly offset: number
  readonly replicas: Array<AttachedReplica>
}

export interface MemberPage<Text> {
  readonly cursor: Integer
  readonly members: Array<Text>
}

export interface Part {
  readonly start: number
  readonly end: number
}

export interface PendingEntry {
  readonly id: string
  readonly consumer: string
  readonly idle: number
  readonly deliveries: number
}

export interface PendingOfConsumer {
  readonly name: string
  readonly count: number
}

export interface PendingSummary {
  readonly count: number
  readonly first: string | undefined
  readonly last: string | undefined
  readonly consumers: Array<PendingOfConsumer>
}

export interface Place<Text, Withdist, Withhash, Withcoord> {
  readonly member: Text
  readonly distance: If<Withdist, number, undefined>
  readonly hash: If<Withhash, Integer, undefined>
  readonly coordinates: If<Withcoord, Coordinates, undefined>
}

export interface Popped<Text> {
  readonly key: Text
  readonly elements: Array<Text>
}

export interface PoppedElement<Text> {
  readonly key: Text
  readonly element: Text
}

export interface PoppedMember<Text> {
  readonly key: Text
  readonly member: Text
  readonly score: number
}

export interface PoppedMembers<Text> {
  readonly key: Text
  readonly members: Array<Scored<Text>>
}

export interface ReplicaRole {
  readonly role: "slave"
  readonly host: string
  readonly port: number
  readonly state: string
  readonly offset: number
}

export interface ScorePage<Text> {
  readonly cursor: Integer
  readonly scores: Array<Scored<Text>>
}

export interface Scored<Text> {
  readonly member: Text
  readonly score: number
}

export interface ServerGreeting<Text> {
  readonly server: string
  readonly version: string
  readonly proto: number
  readonly id: number
  readonly mode: string
  readonly role: string
  readonly modules: Array<Value.Value<Text>>
}

export interface ServerTime {
  readonly seconds: number
  readonly microseconds: number
}

export interface SlowCommand<Text> {
  readonly id: number
  readonly time: number
  readonly microseconds: number
  readonly arguments: Array<Text>
  readonly client: string
  readonly clientName: string
}

export interface Spike {
  readonly time: number
  readonly milliseconds: number
}

export interface StreamEntry<Text> {
  readonly id: string
  readonly fields: Map<Text, Text>
}

export interface StreamInfo<Text> {
  readonly length: number
  readonly radixTreeKeys: number
  readonly radixTreeNodes: number
  readonly lastGeneratedId: string
  readonly maxDeletedEntryId: string
  readonly entriesAdded: number
  readonly recordedFirstEntryId: string
  readonly groups: number
  readonly firstEntry: StreamEntry<Text> | undefined
  readonly lastEntry: StreamEntry<Text> | undefined
}

export interface StreamState<Text> {
  readonly length: number
  readonly radixTreeKeys: number
  readonly radixTreeNodes: number
  readonly lastGeneratedId: string
  readonly maxDeletedEntryId: string
  readonly entriesAdded: number
  readonly recordedFirstEntryId: string
  readonly entries: Array<StreamEntry<Text>>
  readonly groups: Array<GroupState>
}

export interface TrackingInfo<Text> {
  readonly flags: Array<string>
  readonly redirect: number
  readonly prefixes: Array<Text>
}

// ---- methods

/** `Text` is what bulks come as: text, or bytes. */
export interface Methods<How extends Mode, Text = string> {
  /** Adds bytes to the end of a string, which begins empty when it is not there. `APPEND key value` */
  readonly append: (key: Argument, value: Argument) => Answer<How, number>
  /** Authenticates the connection. `AUTH [username] password` */
  readonly auth: (password: Argument, username?: Argument) => Answer<How, void>
  /** Begins to write a snapshot of all data. `BGSAVE [SCHEDULE]` */
  readonly bgsave: (options?: { readonly schedule?: boolean | undefined }) => Answer<How, string>
  /** Counts the ones in a string or a part of it. `BITCOUNT key [start end [BYTE | BIT]]` */
  readonly bitcount: (
    key: Argument,
    options?: AllOrNone<
      { readonly start: Integer; readonly end: Integer } & OneOf<{ readonly byte: boolean; readonly bit: boolean }>
    >
  ) => Answer<How, number>
  /** Reads, sets and adds to integers of any width at any bit of a string. `BITFIELD key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]]` */
  readonly bitfield: (
    key: Argument,
    operation?: OneOrMore<
      (
        | { readonly get: { readonly encoding: Argument; readonly offset: Integer } }
        | { readonly overflow?: "wrap" | "sat" | "fail" | undefined }
          & ({ readonly set: { readonly encoding: Argument; readonly offset: Integer; readonly value: Integer } } | {
            readonly incrby: { readonly encoding: Argument; readonly offset: Integer; readonly increment: Integer }
          })
      )
    >
  ) => Answer<How, Array<Integer | undefined>>
  /** Reads integers of any width at any bit of a string. `BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]` */
  readonly bitfieldRo: (
    key: Argument,
    options?: { readonly get?: OneOrMore<{ readonly encoding: Argument; readonly offset: Integer }> | undefined }
  ) => Answer<How, Array<Integer>>
  /** Combines strings bit by bit (AND, OR, XOR, NOT) into another. `BITOP operation destkey key [key ...]` */
  readonly bitop: (
    operation: "and" | "or" | "xor" | "not",
    destkey: Argument,
    key: OneOrMore<Argument>
  ) => Answer<How, number>
  /** Finds the first one or zero in a string or a part of it. `BITPOS key bit [start [end [BYTE | BIT]]]` */
  readonly bitpos: (
    key: Argument,
    bit: Integer,
    options?: AllOrNone<
      & { readonly start: Integer }
      & AllOrNone<{ readonly end: Integer } & OneOf<{ readonly byte: boolean; readonly bit: boolean }>>
    >
  ) => Answer<How, number>
  /** Takes an element from an end of a list, adds it at an end of another one and returns it; waits if need be. `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout` */
  readonly blmove: (
    source: Argument,
    destination: Argument,
    wherefrom: "left" | "right",
    whereto: "left" | "right",
    timeout: Double
  ) => Answer<How, Text | undefined>
  /** Removes and returns elements of the first of several lists that has some, and waits if need be. `BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]` */
  readonly blmpop: (
    timeout: Double,
    key: OneOrMore<Argument>,
    where: "left" | "right",
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, Popped<Text> | undefined>
  /** Removes and returns the first element of the first list that has one, and waits for it if need be. `BLPOP key [key ...] timeout` */
  readonly blpop: (key: OneOrMore<Argument>, timeout: Double) => Answer<How, PoppedElement<Text> | undefined>
  /** Removes and returns the last element of the first list that has one, and waits for it if need be. `BRPOP key [key ...] timeout` */
  readonly brpop: (key: OneOrMore<Argument>, timeout: Double) => Answer<How, PoppedElement<Text> | undefined>
  /**
   * Takes the last element of a list, adds it at the head of another one and returns it; waits if need be. `BRPOPLPUSH source destination timeout`
   *
   * @deprecated since 6.2.0: use `BLMOVE` with the `RIGHT` and `LEFT` arguments
   */
  readonly brpoplpush: (source: Argument, destination: Argument, timeout: Double) => Answer<How, Text | undefined>
  /** Takes members out of the first sorted set that has any, and waits for one if need be. `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]` */
  readonly bzmpop: (
    timeout: Double,
    key: OneOrMore<Argument>,
    where: "min" | "max",
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, PoppedMembers<Text> | undefined>
  /** Takes the member with the highest score out of the first sorted set that has any, and waits for one if need be. `BZPOPMAX key [key ...] timeout` */
  readonly bzpopmax: (key: OneOrMore<Argument>, timeout: Double) => Answer<How, PoppedMember<Text> | undefined>
  /** Takes the member with the lowest score out of the first sorted set that has any, and waits for one if need be. `BZPOPMIN key [key ...] timeout` */
  readonly bzpopmin: (key: OneOrMore<Argument>, timeout: Double) => Answer<How, PoppedMember<Text> | undefined>
  /** Tells whether the next command's keys are to be tracked. `CLIENT CACHING <YES | NO>` */
  readonly clientCaching: (mode: "yes" | "no") => Answer<How, void>
  /** Returns the name of the connection. `CLIENT GETNAME` */
  readonly clientGetname: () => Answer<How, string | undefined>
  /** Returns the client that gets this one's invalidation messages. `CLIENT GETREDIR` */
  readonly clientGetredir: () => Answer<How, number>
  /** Lists the subcommands. `CLIENT HELP` */
  readonly clientHelp: () => Answer<How, Array<string>>
  /** Returns the connection's number. `CLIENT ID` */
  readonly clientId: () => Answer<How, number>
  /** Describes the connection. `CLIENT INFO` */
  readonly clientInfo: () => Answer<How, ReadonlyMap<string, string>>
  /** Closes connections. `CLIENT KILL <ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME yes/no]> [<[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME yes/no]> ...]>` */
  readonly clientKill: (
    options?: {
      readonly id?: Integer | undefined
      readonly type?: "normal" | "master" | "slave" | "replica" | "pubsub" | undefined
      readonly user?: Argument | undefined
      readonly addr?: Argument | undefined
      readonly laddr?: Argument | undefined
      readonly skipme?: "yes" | "no" | undefined
    }
  ) => Answer<How, number>
  /** Describes the clients that are connected. `CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]` */
  readonly clientList: (
    options?: {
      readonly type?: "normal" | "master" | "replica" | "pubsub" | undefined
      readonly id?: OneOrMore<Integer> | undefined
    }
  ) => Answer<How, Array<ReadonlyMap<string, string>>>
  /** Exempts the connection from being evicted. `CLIENT NO-EVICT <ON | OFF>` */
  readonly clientNoEvict: (enabled: "on" | "off") => Answer<How, void>
  /** Postpones the commands of all clients for some time. `CLIENT PAUSE timeout [WRITE | ALL]` */
  readonly clientPause: (
    timeout: Integer,
    options?: OneOf<{ readonly write: boolean; readonly all: boolean }>
  ) => Answer<How, void>
  /** Names the connection. `CLIENT SETNAME connection-name` */
  readonly clientSetname: (connectionName: Argument) => Answer<How, void>
  /** Has the keys tracked that the connection's client may keep in a cache. `CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]` */
  readonly clientTracking: (
    status: "on" | "off",
    options?: {
      readonly redirect?: Integer | undefined
      readonly prefix?: OneOrMore<Argument> | undefined
      readonly bcast?: boolean | undefined
      readonly optin?: boolean | undefined
      readonly optout?: boolean | undefined
      readonly noloop?: boolean | undefined
    }
  ) => Answer<How, void>
  /** Tells how keys are tracked for the connection's cache. `CLIENT TRACKINGINFO` */
  readonly clientTrackinginfo: () => Answer<How, TrackingInfo<Text>>
  /** Ends the waiting of a blocked client. `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]` */
  readonly clientUnblock: (
    clientId: Integer,
    options?: OneOf<{ readonly timeout: boolean; readonly error: boolean }>
  ) => Answer<How, boolean>
  /** Ends the pause of all clients. `CLIENT UNPAUSE` */
  readonly clientUnpause: () => Answer<How, void>
  /** Tells the details of all commands. `COMMAND` */
  readonly command: () => Answer<How, Array<CommandInfo<Text>>>
  /** Counts the commands of the server. `COMMAND COUNT` */
  readonly commandCount: () => Answer<How, number>
  /** Documents the named commands, or all: their purpose, history and arguments. `COMMAND DOCS [command-name [command-name ...]]` */
  readonly commandDocs: (commandName?: OneOrMore<Argument>) => Answer<How, Map<string, Value.Value<Text>>>
  /** Finds the keys in a whole command line. `COMMAND GETKEYS` */
  readonly commandGetkeys: (command: OneOrMore<Argument>) => Answer<How, Array<Text>>
  /** Finds the keys in a whole command line, and what is done with them. `COMMAND GETKEYSANDFLAGS` */
  readonly commandGetkeysandflags: (command: OneOrMore<Argument>) => Answer<How, Array<KeyUse<Text>>>
  /** Lists the subcommands. `COMMAND HELP` */
  readonly commandHelp: () => Answer<How, Array<string>>
  /** Tells the details of the named commands, or of all. `COMMAND INFO [command-name [command-name ...]]` */
  readonly commandInfo: (commandName?: OneOrMore<Argument>) => Answer<How, Array<CommandInfo<Text> | undefined>>
  /** Lists the names of the commands. `COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]` */
  readonly commandList: (
    options?: {
      readonly filterby?:
        | ({ readonly module: Argument } | { readonly aclcat: Argument } | { readonly pattern: Argument })
        | undefined
    }
  ) => Answer<How, Array<string>>
  /** Returns the directives whose names match the patterns, with their values. `CONFIG GET parameter [parameter ...]` */
  readonly configGet: (parameter: OneOrMore<Argument>) => Answer<How, Map<string, string>>
  /** Lists the subcommands. `CONFIG HELP` */
  readonly configHelp: () => Answer<How, Array<string>>
  /** Sets the counters that INFO shows to zero. `CONFIG RESETSTAT` */
  readonly configResetstat: () => Answer<How, void>
  /** Writes the configuration in force into the configuration file. `CONFIG REWRITE` */
  readonly configRewrite: () => Answer<How, void>
  /** Changes directives while the server runs: all of those given, or none. `CONFIG SET parameter value [parameter value ...]` */
  readonly configSet: (parameterValue: Fields) => Answer<How, void>
  /** Copies the value of a key to another key. `COPY source destination [DB destination-db] [REPLACE]` */
  readonly copy: (
    source: Argument,
    destination: Argument,
    options?: { readonly db?: Integer | undefined; readonly replace?: boolean | undefined }
  ) => Answer<How, boolean>
  /** Returns the number of keys in the selected database. `DBSIZE` */
  readonly dbsize: () => Answer<How, number>
  /** Holds the commands for debugging and testing the server. `DEBUG` */
  readonly debug: (subcommand: OneOrMore<Argument>) => Answer<How, Value.Value<Text>>
  /** Takes one from an integer. `DECR key` */
  readonly decr: (key: Argument) => Answer<How, Integer>
  /** Takes a number from an integer. `DECRBY key decrement` */
  readonly decrby: (key: Argument, decrement: Integer) => Answer<How, Integer>
  /** Deletes keys. `DEL key [key ...]` */
  readonly del: (key: OneOrMore<Argument>) => Answer<How, number>
  /** Returns the value of a key as bytes that RESTORE takes. `DUMP key` */
  readonly dump: (key: Argument) => Answer<How, Uint8Array | undefined>
  /** Returns the message that it is given. `ECHO message` */
  readonly echo: (message: Argument) => Answer<How, Text>
  /** Counts how many of the keys are there. `EXISTS key [key ...]` */
  readonly exists: (key: OneOrMore<Argument>) => Answer<How, number>
  /** Lets a key expire after so many seconds. `EXPIRE key seconds [NX | XX | GT | LT]` */
  readonly expire: (
    key: Argument,
    seconds: Integer,
    options?: OneOf<{ readonly nx: boolean; readonly xx: boolean; readonly gt: boolean; readonly lt: boolean }>
  ) => Answer<How, boolean>
  /** Lets a key expire at a Unix time in seconds. `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]` */
  readonly expireat: (
    key: Argument,
    unixTimeSeconds: Integer,
    options?: OneOf<{ readonly nx: boolean; readonly xx: boolean; readonly gt: boolean; readonly lt: boolean }>
  ) => Answer<How, boolean>
  /** Returns the Unix time in seconds at which a key expires. `EXPIRETIME key` */
  readonly expiretime: (key: Argument) => Answer<How, number>
  /** Hands the master's place over to a replica. `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]` */
  readonly failover: (
    options?: {
      readonly to?:
        | { readonly host: Argument; readonly port: Integer; readonly force?: boolean | undefined }
        | undefined
      readonly abort?: boolean | undefined
      readonly timeout?: Integer | undefined
    }
  ) => Answer<How, void>
  /** Shows all fibers as a tree of text: who began which, what they wait for, and who wrote that last. `FIBER DUMP` */
  readonly fiberDump: () => Answer<How, string>
  /** Lists the subcommands. `FIBER HELP` */
  readonly fiberHelp: () => Answer<How, Array<string>>
  /** Tells about one fiber: its state, its age, its parent, its client, what it waits for and for how long, and its last commands. `FIBER INFO id` */
  readonly fiberInfo: (id: Integer) => Answer<How, FiberInfo>
  /** Interrupts a fiber: a connection, with the wait or command it is in. `FIBER INTERRUPT id` */
  readonly fiberInterrupt: (id: Integer) => Answer<How, void>
  /** Lists the fibers, a line each: all, or those of a type or part of the server, or those that wait. `FIBER LIST [TYPE type] [WAITING]` */
  readonly fiberList: (
    options?: { readonly waiting?: boolean | undefined } & AllOrNone<{ readonly type: Argument }>
  ) => Answer<How, Array<ReadonlyMap<string, string>>>
  /** Lists the clients that wait for a key, in the order in which they will be served. `FIBER WAITERS key` */
  readonly fiberWaiters: (key: Argument) => Answer<How, Array<string>>
  /** Removes the keys of every database. `FLUSHALL [ASYNC | SYNC]` */
  readonly flushall: (options?: OneOf<{ readonly async: boolean; readonly sync: boolean }>) => Answer<How, void>
  /** Removes the keys of the selected database. `FLUSHDB [ASYNC | SYNC]` */
  readonly flushdb: (options?: OneOf<{ readonly async: boolean; readonly sync: boolean }>) => Answer<How, void>
  /** Adds places with their longitude and latitude to a sorted set. `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]` */
  readonly geoadd: (
    key: Argument,
    longitudeLatitudeMember: OneOrMore<
      { readonly longitude: Double; readonly latitude: Double; readonly member: Argument }
    >,
    options?: { readonly ch?: boolean | undefined } & OneOf<{ readonly nx: boolean; readonly xx: boolean }>
  ) => Answer<How, number>
  /** Returns the distance between two members. `GEODIST key member1 member2 [M | KM | FT | MI]` */
  readonly geodist: (
    key: Argument,
    member1: Argument,
    member2: Argument,
    options?: OneOf<{ readonly m: boolean; readonly km: boolean; readonly ft: boolean; readonly mi: boolean }>
  ) => Answer<How, number | undefined>
  /** Returns the geohashes of members as text. `GEOHASH key member [member ...]` */
  readonly geohash: (key: Argument, member: OneOrMore<Argument>) => Answer<How, Array<string | undefined>>
  /** Returns the longitude and latitude of members. `GEOPOS key member [member ...]` */
  readonly geopos: (key: Argument, member: OneOrMore<Argument>) => Answer<How, Array<Coordinates | undefined>>
  /**
   * Returns the members within a distance of a point, or stores them. `GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]`
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument
   */
  readonly georadius: <
    const Withcoord extends boolean = false,
    const Withdist extends boolean = false,
    const Withhash extends boolean = false,
    const Store extends Argument | undefined = undefined,
    const Storedist extends Argument | undefined = undefined
  >(
    key: Argument,
    longitude: Double,
    latitude: Double,
    radius: Double,
    unit: "m" | "km" | "ft" | "mi",
    options?:
      & {
        readonly withcoord?: Withcoord | undefined
        readonly withdist?: Withdist | undefined
        readonly withhash?: Withhash | undefined
      }
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
      & AllOrNone<{ readonly store: Store }>
      & AllOrNone<{ readonly storedist: Storedist }>
  ) => Answer<How, If<Store, number, If<Storedist, number, Array<Place<Text, Withdist, Withhash, Withcoord>>>>>
  /**
   * Returns the members within a distance of a point, and never stores them. `GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` with the `BYRADIUS` argument
   */
  readonly georadiusRo: <
    const Withcoord extends boolean = false,
    const Withdist extends boolean = false,
    const Withhash extends boolean = false
  >(
    key: Argument,
    longitude: Double,
    latitude: Double,
    radius: Double,
    unit: "m" | "km" | "ft" | "mi",
    options?:
      & {
        readonly withcoord?: Withcoord | undefined
        readonly withdist?: Withdist | undefined
        readonly withhash?: Withhash | undefined
      }
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
  ) => Answer<How, Array<Place<Text, Withdist, Withhash, Withcoord>>>
  /**
   * Returns the members within a distance of a member, or stores them. `GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key] [STOREDIST key]`
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments
   */
  readonly georadiusbymember: <
    const Withcoord extends boolean = false,
    const Withdist extends boolean = false,
    const Withhash extends boolean = false,
    const Store extends Argument | undefined = undefined,
    const Storedist extends Argument | undefined = undefined
  >(
    key: Argument,
    member: Argument,
    radius: Double,
    unit: "m" | "km" | "ft" | "mi",
    options?:
      & {
        readonly withcoord?: Withcoord | undefined
        readonly withdist?: Withdist | undefined
        readonly withhash?: Withhash | undefined
      }
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
      & AllOrNone<{ readonly store: Store }>
      & AllOrNone<{ readonly storedist: Storedist }>
  ) => Answer<How, If<Store, number, If<Storedist, number, Array<Place<Text, Withdist, Withhash, Withcoord>>>>>
  /**
   * Returns the members within a distance of a member, and never stores them. `GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * @deprecated since 6.2.0: use `GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments
   */
  readonly georadiusbymemberRo: <
    const Withcoord extends boolean = false,
    const Withdist extends boolean = false,
    const Withhash extends boolean = false
  >(
    key: Argument,
    member: Argument,
    radius: Double,
    unit: "m" | "km" | "ft" | "mi",
    options?:
      & {
        readonly withcoord?: Withcoord | undefined
        readonly withdist?: Withdist | undefined
        readonly withhash?: Withhash | undefined
      }
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
  ) => Answer<How, Array<Place<Text, Withdist, Withhash, Withcoord>>>
  /** Returns the members within a circle or a box. `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]` */
  readonly geosearch: <
    const Withcoord extends boolean = false,
    const Withdist extends boolean = false,
    const Withhash extends boolean = false
  >(
    key: Argument,
    from: { readonly frommember: Argument } | {
      readonly fromlonlat: { readonly longitude: Double; readonly latitude: Double }
    },
    by: { readonly byradius: Double; readonly unit: "m" | "km" | "ft" | "mi" } | {
      readonly bybox: Double
      readonly height: Double
      readonly unit: "m" | "km" | "ft" | "mi"
    },
    options?:
      & {
        readonly withcoord?: Withcoord | undefined
        readonly withdist?: Withdist | undefined
        readonly withhash?: Withhash | undefined
      }
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
  ) => Answer<How, Array<Place<Text, Withdist, Withhash, Withcoord>>>
  /** Stores the members within a circle or a box under a key. `GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]` */
  readonly geosearchstore: (
    destination: Argument,
    source: Argument,
    from: { readonly frommember: Argument } | {
      readonly fromlonlat: { readonly longitude: Double; readonly latitude: Double }
    },
    by: { readonly byradius: Double; readonly unit: "m" | "km" | "ft" | "mi" } | {
      readonly bybox: Double
      readonly height: Double
      readonly unit: "m" | "km" | "ft" | "mi"
    },
    options?:
      & { readonly storedist?: boolean | undefined }
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
      & AllOrNone<{ readonly count: Integer; readonly any?: boolean | undefined }>
  ) => Answer<How, number>
  /** Returns a string. `GET key` */
  readonly get: (key: Argument) => Answer<How, Text | undefined>
  /** Returns one bit of a string. `GETBIT key offset` */
  readonly getbit: (key: Argument, offset: Integer) => Answer<How, number>
  /** Returns a string and deletes its key. `GETDEL key` */
  readonly getdel: (key: Argument) => Answer<How, Text | undefined>
  /** Returns a string and may change when its key expires. `GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]` */
  readonly getex: (
    key: Argument,
    options?: OneOf<
      {
        readonly ex: Integer
        readonly px: Integer
        readonly exat: Integer
        readonly pxat: Integer
        readonly persist: boolean
      }
    >
  ) => Answer<How, Text | undefined>
  /** Returns a part of a string, by the positions of its first and last byte. `GETRANGE key start end` */
  readonly getrange: (key: Argument, start: Integer, end: Integer) => Answer<How, Text>
  /**
   * Sets a string and returns the one before. `GETSET key value`
   *
   * @deprecated since 6.2.0: use `SET` with the `!GET` argument
   */
  readonly getset: (key: Argument, value: Argument) => Answer<How, Text | undefined>
  /** Deletes fields of a hash, and with the last one its key. `HDEL key field [field ...]` */
  readonly hdel: (key: Argument, field: OneOrMore<Argument>) => Answer<How, number>
  /** Agrees on the protocol, and tells about the server. `HELLO [protover [AUTH username password] [SETNAME clientname]]` */
  readonly hello: (
    options?: AllOrNone<
      {
        readonly protover: Integer
        readonly auth?: { readonly username: Argument; readonly password: Argument } | undefined
        readonly setname?: Argument | undefined
      }
    >
  ) => Answer<How, ServerGreeting<Text>>
  /** Tells whether a hash has a field. `HEXISTS key field` */
  readonly hexists: (key: Argument, field: Argument) => Answer<How, boolean>
  /** Returns the value of a field. `HGET key field` */
  readonly hget: (key: Argument, field: Argument) => Answer<How, Text | undefined>
  /** Returns all fields of a hash with their values. `HGETALL key` */
  readonly hgetall: (key: Argument) => Answer<How, Map<Text, Text>>
  /** Adds a number to the integer in a field, which begins at 0 when it is not there. `HINCRBY key field increment` */
  readonly hincrby: (key: Argument, field: Argument, increment: Integer) => Answer<How, Integer>
  /** Adds to a number with decimals in a field, which begins at 0 when it is not there. `HINCRBYFLOAT key field increment` */
  readonly hincrbyfloat: (key: Argument, field: Argument, increment: Double) => Answer<How, number>
  /** Returns all fields of a hash. `HKEYS key` */
  readonly hkeys: (key: Argument) => Answer<How, Array<Text>>
  /** Counts the fields of a hash. `HLEN key` */
  readonly hlen: (key: Argument) => Answer<How, number>
  /** Returns the values of several fields. `HMGET key field [field ...]` */
  readonly hmget: (key: Argument, field: OneOrMore<Argument>) => Answer<How, Array<Text | undefined>>
  /**
   * Sets fields of a hash. `HMSET key field value [field value ...]`
   *
   * @deprecated since 4.0.0: use `HSET` with several fields and values
   */
  readonly hmset: (key: Argument, fieldValue: Fields) => Answer<How, void>
  /** Returns fields of a hash that chance picks. `HRANDFIELD key [count [WITHVALUES]]` */
  readonly hrandfield: <const Count extends Integer | undefined = undefined, const Withvalues extends boolean = false>(
    key: Argument,
    options?: AllOrNone<{ readonly count: Count; readonly withvalues?: Withvalues | undefined }>
  ) => Answer<How, If<Count, If<Withvalues, Array<FieldValue<Text>>, Array<Text>>, Text | undefined>>
  /** Goes through the fields of a hash, some with each call. `HSCAN key cursor [MATCH pattern] [COUNT count]` */
  readonly hscan: (
    key: Argument,
    cursor: Integer,
    options?: { readonly match?: Argument | undefined; readonly count?: Integer | undefined }
  ) => Answer<How, FieldPage<Text>>
  /** Sets fields of a hash. `HSET key field value [field value ...]` */
  readonly hset: (key: Argument, fieldValue: Fields) => Answer<How, number>
  /** Sets a field unless it is there. `HSETNX key field value` */
  readonly hsetnx: (key: Argument, field: Argument, value: Argument) => Answer<How, boolean>
  /** Returns the length of a field's value. `HSTRLEN key field` */
  readonly hstrlen: (key: Argument, field: Argument) => Answer<How, number>
  /** Returns all values of a hash. `HVALS key` */
  readonly hvals: (key: Argument) => Answer<How, Array<Text>>
  /** Adds one to an integer. `INCR key` */
  readonly incr: (key: Argument) => Answer<How, Integer>
  /** Adds a number to an integer. `INCRBY key increment` */
  readonly incrby: (key: Argument, increment: Integer) => Answer<How, Integer>
  /** Adds to a number with decimals. `INCRBYFLOAT key increment` */
  readonly incrbyfloat: (key: Argument, increment: Double) => Answer<How, number>
  /** Tells the state of the server and its statistics. `INFO [section [section ...]]` */
  readonly info: (section?: OneOrMore<Argument>) => Answer<How, ReadonlyMap<string, string>>
  /** Returns every key that matches a pattern. `KEYS pattern` */
  readonly keys: (pattern: Argument) => Answer<How, Array<Text>>
  /** Returns the Unix time in seconds of the last snapshot that was written wholly. `LASTSAVE` */
  readonly lastsave: () => Answer<How, number>
  /** Reports in words what held the server up, and what may help. `LATENCY DOCTOR` */
  readonly latencyDoctor: () => Answer<How, string>
  /** Draws the latest spikes of an event. `LATENCY GRAPH event` */
  readonly latencyGraph: (event: Argument) => Answer<How, string>
  /** Lists the subcommands. `LATENCY HELP` */
  readonly latencyHelp: () => Answer<How, Array<string>>
  /** Returns how long the calls of some commands, or of all, took. `LATENCY HISTOGRAM [command [command ...]]` */
  readonly latencyHistogram: (command?: OneOrMore<Argument>) => Answer<How, Map<string, CommandHistogram>>
  /** Returns the latest spikes of an event with their times. `LATENCY HISTORY event` */
  readonly latencyHistory: (event: Argument) => Answer<How, Array<Spike>>
  /** Returns the latest spike of every event. `LATENCY LATEST` */
  readonly latencyLatest: () => Answer<How, Array<LatestSpike>>
  /** Forgets the spikes of some events, or of all. `LATENCY RESET [event [event ...]]` */
  readonly latencyReset: (event?: OneOrMore<Argument>) => Answer<How, number>
  /** Finds the longest sequence of bytes that two strings have in common, with gaps. `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]` */
  readonly lcs: <
    const Len extends boolean = false,
    const Idx extends boolean = false,
    const Withmatchlen extends boolean = false
  >(
    key1: Argument,
    key2: Argument,
    options?: {
      readonly len?: Len | undefined
      readonly idx?: Idx | undefined
      readonly minmatchlen?: Integer | undefined
      readonly withmatchlen?: Withmatchlen | undefined
    }
  ) => Answer<How, If<Len, number, If<Idx, CommonParts<Withmatchlen>, Text>>>
  /** Returns the element of a list at a position. `LINDEX key index` */
  readonly lindex: (key: Argument, index: Integer) => Answer<How, Text | undefined>
  /** Adds an element before or behind another one of a list. `LINSERT key <BEFORE | AFTER> pivot element` */
  readonly linsert: (
    key: Argument,
    where: "before" | "after",
    pivot: Argument,
    element: Argument
  ) => Answer<How, number>
  /** Counts the elements of a list. `LLEN key` */
  readonly llen: (key: Argument) => Answer<How, number>
  /** Takes an element from an end of a list, adds it at an end of another one and returns it. `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>` */
  readonly lmove: (
    source: Argument,
    destination: Argument,
    wherefrom: "left" | "right",
    whereto: "left" | "right"
  ) => Answer<How, Text | undefined>
  /** Removes and returns elements of the first of several lists that has some. `LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]` */
  readonly lmpop: (
    key: OneOrMore<Argument>,
    where: "left" | "right",
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, Popped<Text> | undefined>
  /** Draws something and tells the version. `LOLWUT [VERSION version]` */
  readonly lolwut: (options?: { readonly version?: Integer | undefined }) => Answer<How, string>
  /** Removes and returns the first elements of a list. `LPOP key [count]` */
  readonly lpop: {
    (key: Argument): Answer<How, Text | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Text> | undefined, Text | undefined>>
  }
  /** Finds the positions of an element in a list. `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]` */
  readonly lpos: <const Count extends Integer | undefined = undefined>(
    key: Argument,
    element: Argument,
    options?:
      & { readonly rank?: Integer | undefined; readonly maxlen?: Integer | undefined }
      & AllOrNone<{ readonly count: Count }>
  ) => Answer<How, If<Count, Array<number>, number | undefined>>
  /** Adds elements at the head of a list, which is created when it is not there. `LPUSH key element [element ...]` */
  readonly lpush: (key: Argument, element: OneOrMore<Argument>) => Answer<How, number>
  /** Adds elements at the head of a list that is there already. `LPUSHX key element [element ...]` */
  readonly lpushx: (key: Argument, element: OneOrMore<Argument>) => Answer<How, number>
  /** Returns the elements of a list between two positions. `LRANGE key start stop` */
  readonly lrange: (key: Argument, start: Integer, stop: Integer) => Answer<How, Array<Text>>
  /** Removes elements that are equal to a given one from a list. `LREM key count element` */
  readonly lrem: (key: Argument, count: Integer, element: Argument) => Answer<How, number>
  /** Replaces the element of a list at a position. `LSET key index element` */
  readonly lset: (key: Argument, index: Integer, element: Argument) => Answer<How, void>
  /** Removes all elements of a list but those between two positions. `LTRIM key start stop` */
  readonly ltrim: (key: Argument, start: Integer, stop: Integer) => Answer<How, void>
  /** Reports in words what is unusual about the use of memory. `MEMORY DOCTOR` */
  readonly memoryDoctor: () => Answer<How, string>
  /** Lists the subcommands. `MEMORY HELP` */
  readonly memoryHelp: () => Answer<How, Array<string>>
  /** Returns the state of the allocator. `MEMORY MALLOC-STATS` */
  readonly memoryMallocStats: () => Answer<How, string>
  /** Gives memory that is not in use back to the system. `MEMORY PURGE` */
  readonly memoryPurge: () => Answer<How, void>
  /** Returns the use of memory in figures. `MEMORY STATS` */
  readonly memoryStats: () => Answer<How, Map<string, Value.Value<Text>>>
  /** Returns the bytes that a key and its value take. `MEMORY USAGE key [SAMPLES count]` */
  readonly memoryUsage: (
    key: Argument,
    options?: { readonly samples?: Integer | undefined }
  ) => Answer<How, number | undefined>
  /** Returns several strings, nothing for those that are not there. `MGET key [key ...]` */
  readonly mget: (key: OneOrMore<Argument>) => Answer<How, Array<Text | undefined>>
  /** Hands keys over to another server. `MIGRATE host port <key | > destination-db timeout [COPY] [REPLACE] [[AUTH password] | [AUTH2 username password]] [KEYS key [key ...]]` */
  readonly migrate: (
    host: Argument,
    port: Integer,
    keyOrEmptyString: Argument,
    destinationDb: Integer,
    timeout: Integer,
    options?: {
      readonly copy?: boolean | undefined
      readonly replace?: boolean | undefined
      readonly keys?: OneOrMore<Argument> | undefined
    } & OneOf<{ readonly auth: Argument; readonly auth2: { readonly username: Argument; readonly password: Argument } }>
  ) => Answer<How, string>
  /** Moves a key to another database. `MOVE key db` */
  readonly move: (key: Argument, db: Integer) => Answer<How, boolean>
  /** Sets several strings in one step. `MSET key value [key value ...]` */
  readonly mset: (keyValue: Fields) => Answer<How, void>
  /** Sets several strings in one step, or none when one of the keys is there. `MSETNX key value [key value ...]` */
  readonly msetnx: (keyValue: Fields) => Answer<How, boolean>
  /** Returns the name of a value's internal representation. `OBJECT ENCODING key` */
  readonly objectEncoding: (key: Argument) => Answer<How, string | undefined>
  /** Returns the logarithmic counter of how often a value was used. `OBJECT FREQ key` */
  readonly objectFreq: (key: Argument) => Answer<How, number | undefined>
  /** Describes the subcommands. `OBJECT HELP` */
  readonly objectHelp: () => Answer<How, Array<string>>
  /** Returns the seconds since a value was last used. `OBJECT IDLETIME key` */
  readonly objectIdletime: (key: Argument) => Answer<How, number | undefined>
  /** Returns how many references there are to a value. `OBJECT REFCOUNT key` */
  readonly objectRefcount: (key: Argument) => Answer<How, number | undefined>
  /** Takes a key's time to live away. `PERSIST key` */
  readonly persist: (key: Argument) => Answer<How, boolean>
  /** Lets a key expire after so many milliseconds. `PEXPIRE key milliseconds [NX | XX | GT | LT]` */
  readonly pexpire: (
    key: Argument,
    milliseconds: Integer,
    options?: OneOf<{ readonly nx: boolean; readonly xx: boolean; readonly gt: boolean; readonly lt: boolean }>
  ) => Answer<How, boolean>
  /** Lets a key expire at a Unix time in milliseconds. `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]` */
  readonly pexpireat: (
    key: Argument,
    unixTimeMilliseconds: Integer,
    options?: OneOf<{ readonly nx: boolean; readonly xx: boolean; readonly gt: boolean; readonly lt: boolean }>
  ) => Answer<How, boolean>
  /** Returns the Unix time in milliseconds at which a key expires. `PEXPIRETIME key` */
  readonly pexpiretime: (key: Argument) => Answer<How, number>
  /** Adds elements to a HyperLogLog, creating it when it is not there. `PFADD key [element [element ...]]` */
  readonly pfadd: (key: Argument, element?: OneOrMore<Argument>) => Answer<How, boolean>
  /** Estimates how many different elements were added to one HyperLogLog, or to any of several. `PFCOUNT key [key ...]` */
  readonly pfcount: (key: OneOrMore<Argument>) => Answer<How, number>
  /** Shows the inside of a HyperLogLog, for tests. `PFDEBUG subcommand key` */
  readonly pfdebug: (subcommand: Argument, key: Argument) => Answer<How, Value.Value<Text>>
  /** Adds what was added to some HyperLogLogs to another. `PFMERGE destkey sourcekey [sourcekey ...]` */
  readonly pfmerge: (destkey: Argument, sourcekey: OneOrMore<Argument>) => Answer<How, void>
  /** Tries whether HyperLogLogs estimate as well as they should, for tests. `PFSELFTEST` */
  readonly pfselftest: () => Answer<How, void>
  /** Answers, to show that the server is there. `PING [message]` */
  readonly ping: (message?: Argument) => Answer<How, Text>
  /** Sets a string that expires after so many milliseconds. `PSETEX key milliseconds value` */
  readonly psetex: (key: Argument, milliseconds: Integer, value: Argument) => Answer<How, void>
  /** Returns the milliseconds that a key has left. `PTTL key` */
  readonly pttl: (key: Argument) => Answer<How, number>
  /** Sends a message to the subscribers of a channel. `PUBLISH channel message` */
  readonly publish: (channel: Argument, message: Argument) => Answer<How, number>
  /** Lists the channels that have subscribers. `PUBSUB CHANNELS [pattern]` */
  readonly pubsubChannels: (pattern?: Argument) => Answer<How, Array<Text>>
  /** Lists the subcommands. `PUBSUB HELP` */
  readonly pubsubHelp: () => Answer<How, Array<string>>
  /** Counts the different patterns that have subscribers. `PUBSUB NUMPAT` */
  readonly pubsubNumpat: () => Answer<How, number>
  /** Counts the subscribers of channels. `PUBSUB NUMSUB [channel [channel ...]]` */
  readonly pubsubNumsub: (channel?: OneOrMore<Argument>) => Answer<How, Map<Text, number>>
  /** Lists the shard channels that have subscribers. `PUBSUB SHARDCHANNELS [pattern]` */
  readonly pubsubShardchannels: (pattern?: Argument) => Answer<How, Array<Text>>
  /** Counts the subscribers of shard channels. `PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]` */
  readonly pubsubShardnumsub: (shardchannel?: OneOrMore<Argument>) => Answer<How, Map<Text, number>>
  /** Closes the connection. `QUIT` */
  readonly quit: () => Answer<How, void>
  /** Returns some key. `RANDOMKEY` */
  readonly randomkey: () => Answer<How, Text | undefined>
  /** Gives a key another name, in place of what may be there. `RENAME key newkey` */
  readonly rename: (key: Argument, newkey: Argument) => Answer<How, void>
  /** Gives a key another name that is not taken yet. `RENAMENX key newkey` */
  readonly renamenx: (key: Argument, newkey: Argument) => Answer<How, boolean>
  /** Makes the server a copy of another one, or a master again. `REPLICAOF <host port | NO ONE>` */
  readonly replicaof: (host: Argument, port: Argument) => Answer<How, string>
  /** Gives the connection the state of a new one. `RESET` */
  readonly reset: () => Answer<How, string>
  /** Creates a key with a value that DUMP returned. `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]` */
  readonly restore: (
    key: Argument,
    ttl: Integer,
    serializedValue: Argument,
    options?: {
      readonly replace?: boolean | undefined
      readonly absttl?: boolean | undefined
      readonly idletime?: Integer | undefined
      readonly freq?: Integer | undefined
    }
  ) => Answer<How, void>
  /** Tells whether the server is a master or a replica, and of whom. `ROLE` */
  readonly role: () => Answer<How, MasterRole | ReplicaRole>
  /** Removes and returns the last elements of a list. `RPOP key [count]` */
  readonly rpop: {
    (key: Argument): Answer<How, Text | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Text> | undefined, Text | undefined>>
  }
  /**
   * Takes the last element of a list, adds it at the head of another one and returns it. `RPOPLPUSH source destination`
   *
   * @deprecated since 6.2.0: use `LMOVE` with the `RIGHT` and `LEFT` arguments
   */
  readonly rpoplpush: (source: Argument, destination: Argument) => Answer<How, Text | undefined>
  /** Adds elements at the tail of a list, which is created when it is not there. `RPUSH key element [element ...]` */
  readonly rpush: (key: Argument, element: OneOrMore<Argument>) => Answer<How, number>
  /** Adds elements at the tail of a list that is there already. `RPUSHX key element [element ...]` */
  readonly rpushx: (key: Argument, element: OneOrMore<Argument>) => Answer<How, number>
  /** Adds members to a set. `SADD key member [member ...]` */
  readonly sadd: (key: Argument, member: OneOrMore<Argument>) => Answer<How, number>
  /** Writes a snapshot of all data and answers when it is there. `SAVE` */
  readonly save: () => Answer<How, void>
  /** Iterates over the keys of the database, some at a time. `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]` */
  readonly scan: (
    cursor: Integer,
    options?: {
      readonly match?: Argument | undefined
      readonly count?: Integer | undefined
      readonly type?: Argument | undefined
    }
  ) => Answer<How, KeyPage<Text>>
  /** Counts the members of a set. `SCARD key` */
  readonly scard: (key: Argument) => Answer<How, number>
  /** Returns the members of the first set that are in none of the others. `SDIFF key [key ...]` */
  readonly sdiff: (key: OneOrMore<Argument>) => Answer<How, Array<Text>>
  /** Stores a set of the members of the first set that are in none of the others. `SDIFFSTORE destination key [key ...]` */
  readonly sdiffstore: (destination: Argument, key: OneOrMore<Argument>) => Answer<How, number>
  /** Changes the database of the connection. `SELECT index` */
  readonly select: (index: Integer) => Answer<How, void>
  /** Sets a string: on conditions, with a time to live, returning the one before, as the options say. `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]` */
  readonly set: <const Get extends boolean = false>(
    key: Argument,
    value: Argument,
    options?:
      & { readonly get?: Get | undefined }
      & OneOf<{ readonly nx: boolean; readonly xx: boolean }>
      & OneOf<
        {
          readonly ex: Integer
          readonly px: Integer
          readonly exat: Integer
          readonly pxat: Integer
          readonly keepttl: boolean
        }
      >
  ) => Answer<How, If<Get, Text | undefined, boolean>>
  /** Sets one bit of a string and returns it as it was; the string grows as far as needed. `SETBIT key offset value` */
  readonly setbit: (key: Argument, offset: Integer, value: Integer) => Answer<How, number>
  /** Sets a string that expires after so many seconds. `SETEX key seconds value` */
  readonly setex: (key: Argument, seconds: Integer, value: Argument) => Answer<How, void>
  /** Sets a string unless its key is there. `SETNX key value` */
  readonly setnx: (key: Argument, value: Argument) => Answer<How, boolean>
  /** Overwrites a part of a string; zeros fill the gap behind its end. `SETRANGE key offset value` */
  readonly setrange: (key: Argument, offset: Integer, value: Argument) => Answer<How, number>
  /** Saves the data, as it is configured, and ends the server. `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]` */
  readonly shutdown: (
    options?: {
      readonly now?: boolean | undefined
      readonly force?: boolean | undefined
      readonly abort?: boolean | undefined
    } & OneOf<{ readonly nosave: boolean; readonly save: boolean }>
  ) => Answer<How, void>
  /** Returns the members that all sets have. `SINTER key [key ...]` */
  readonly sinter: (key: OneOrMore<Argument>) => Answer<How, Array<Text>>
  /** Counts the members that all sets have, up to a limit. `SINTERCARD numkeys key [key ...] [LIMIT limit]` */
  readonly sintercard: (
    key: OneOrMore<Argument>,
    options?: { readonly limit?: Integer | undefined }
  ) => Answer<How, number>
  /** Stores a set of the members that all sets have. `SINTERSTORE destination key [key ...]` */
  readonly sinterstore: (destination: Argument, key: OneOrMore<Argument>) => Answer<How, number>
  /** Tells whether something is a member of a set. `SISMEMBER key member` */
  readonly sismember: (key: Argument, member: Argument) => Answer<How, boolean>
  /**
   * Makes the server a copy of another one, or a master again. `SLAVEOF <host port | NO ONE>`
   *
   * @deprecated since 5.0.0: use `REPLICAOF`
   */
  readonly slaveof: (host: Argument, port: Argument) => Answer<How, string>
  /** Returns the latest entries of the slow log. `SLOWLOG GET [count]` */
  readonly slowlogGet: (count?: Integer) => Answer<How, Array<SlowCommand<Text>>>
  /** Lists the subcommands. `SLOWLOG HELP` */
  readonly slowlogHelp: () => Answer<How, Array<string>>
  /** Counts the entries of the slow log. `SLOWLOG LEN` */
  readonly slowlogLen: () => Answer<How, number>
  /** Empties the slow log. `SLOWLOG RESET` */
  readonly slowlogReset: () => Answer<How, void>
  /** Returns all members of a set. `SMEMBERS key` */
  readonly smembers: (key: Argument) => Answer<How, Array<Text>>
  /** Tells of several whether they are members of a set. `SMISMEMBER key member [member ...]` */
  readonly smismember: (key: Argument, member: OneOrMore<Argument>) => Answer<How, Array<boolean>>
  /** Moves a member from one set to another. `SMOVE source destination member` */
  readonly smove: (source: Argument, destination: Argument, member: Argument) => Answer<How, boolean>
  /** Returns or stores the elements of a list, a set or a sorted set in order. `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]` */
  readonly sort: <const Store extends Argument | undefined = undefined>(
    key: Argument,
    options?:
      & {
        readonly by?: Argument | undefined
        readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
        readonly get?: OneOrMore<Argument> | undefined
        readonly alpha?: boolean | undefined
      }
      & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
      & AllOrNone<{ readonly store: Store }>
  ) => Answer<How, If<Store, number, Array<Text | undefined>>>
  /** Returns the elements of a list, a set or a sorted set in order. `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]` */
  readonly sortRo: (
    key: Argument,
    options?: {
      readonly by?: Argument | undefined
      readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
      readonly get?: OneOrMore<Argument> | undefined
      readonly alpha?: boolean | undefined
    } & OneOf<{ readonly asc: boolean; readonly desc: boolean }>
  ) => Answer<How, Array<Text | undefined>>
  /** Removes members that chance picks, and returns them. `SPOP key [count]` */
  readonly spop: {
    (key: Argument): Answer<How, Text | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Text>, Text | undefined>>
  }
  /** Sends a message to the subscribers of a shard channel. `SPUBLISH shardchannel message` */
  readonly spublish: (shardchannel: Argument, message: Argument) => Answer<How, number>
  /** Returns members that chance picks. `SRANDMEMBER key [count]` */
  readonly srandmember: {
    (key: Argument): Answer<How, Text | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Text>, Text | undefined>>
  }
  /** Removes members from a set, and with the last one its key. `SREM key member [member ...]` */
  readonly srem: (key: Argument, member: OneOrMore<Argument>) => Answer<How, number>
  /** Goes through the members of a set, some with each call. `SSCAN key cursor [MATCH pattern] [COUNT count]` */
  readonly sscan: (
    key: Argument,
    cursor: Integer,
    options?: { readonly match?: Argument | undefined; readonly count?: Integer | undefined }
  ) => Answer<How, MemberPage<Text>>
  /** Returns the length of a string. `STRLEN key` */
  readonly strlen: (key: Argument) => Answer<How, number>
  /**
   * The first name of `GETRANGE`. `SUBSTR key start end`
   *
   * @deprecated since 2.0.0: use `GETRANGE`
   */
  readonly substr: (key: Argument, start: Integer, end: Integer) => Answer<How, Text>
  /** Returns the members of several sets. `SUNION key [key ...]` */
  readonly sunion: (key: OneOrMore<Argument>) => Answer<How, Array<Text>>
  /** Stores a set of the members of several sets. `SUNIONSTORE destination key [key ...]` */
  readonly sunionstore: (destination: Argument, key: OneOrMore<Argument>) => Answer<How, number>
  /** Makes two databases change places. `SWAPDB index1 index2` */
  readonly swapdb: (index1: Integer, index2: Integer) => Answer<How, void>
  /** Returns the server's time: seconds since 1970, and the microseconds of the current one. `TIME` */
  readonly time: () => Answer<How, ServerTime>
  /** Marks keys as used and counts those that are there. `TOUCH key [key ...]` */
  readonly touch: (key: OneOrMore<Argument>) => Answer<How, number>
  /** Returns the seconds that a key has left. `TTL key` */
  readonly ttl: (key: Argument) => Answer<How, number>
  /** Returns the type of the value under a key. `TYPE key` */
  readonly type: (key: Argument) => Answer<How, string>
  /** Deletes keys and leaves the release of their memory to the background. `UNLINK key [key ...]` */
  readonly unlink: (key: OneOrMore<Argument>) => Answer<How, number>
  /** Forgets the keys that are watched. `UNWATCH` */
  readonly unwatch: () => Answer<How, void>
  /** Waits until replicas have acknowledged what the connection has written. `WAIT numreplicas timeout` */
  readonly wait: (numreplicas: Integer, timeout: Integer) => Answer<How, number>
  /** Makes the next transaction depend on keys staying as they are. `WATCH key [key ...]` */
  readonly watch: (key: OneOrMore<Argument>) => Answer<How, void>
  /** Acknowledges entries, which are pending no more, and counts those that were. `XACK key group id [id ...]` */
  readonly xack: (key: Argument, group: Argument, id: OneOrMore<Argument>) => Answer<How, number>
  /** Appends an entry to a stream, creating the stream when it is not there. `XADD key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]` */
  readonly xadd: <const Nomkstream extends boolean = false>(
    key: Argument,
    idOrAuto: Argument,
    fieldValue: Fields,
    options?:
      & { readonly nomkstream?: Nomkstream | undefined }
      & AllOrNone<
        & { readonly strategy: "maxlen" | "minid"; readonly threshold: Argument; readonly limit?: Integer | undefined }
        & OneOf<{ readonly equal: boolean; readonly approximately: boolean }>
      >
  ) => Answer<How, If<Nomkstream, string | undefined, string>>
  /** Gives entries that have been pending for long to another consumer, some at a time. `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]` */
  readonly xautoclaim: <const Justid extends boolean = false>(
    key: Argument,
    group: Argument,
    consumer: Argument,
    minIdleTime: Argument,
    start: Argument,
    options?: { readonly count?: Integer | undefined; readonly justid?: Justid | undefined }
  ) => Answer<How, Claimed<Text, Justid>>
  /** Gives pending entries to another consumer, as if they had been delivered to it. `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]` */
  readonly xclaim: <const Justid extends boolean = false>(
    key: Argument,
    group: Argument,
    consumer: Argument,
    minIdleTime: Argument,
    id: OneOrMore<Argument>,
    options?: {
      readonly idle?: Integer | undefined
      readonly time?: Integer | undefined
      readonly retrycount?: Integer | undefined
      readonly force?: boolean | undefined
      readonly justid?: Justid | undefined
      readonly lastid?: Argument | undefined
    }
  ) => Answer<How, If<Justid, Array<string>, Array<StreamEntry<Text>>>>
  /** Deletes entries of a stream and counts those that were there. `XDEL key id [id ...]` */
  readonly xdel: (key: Argument, id: OneOrMore<Argument>) => Answer<How, number>
  /** Creates a consumer group of a stream. `XGROUP CREATE key groupname <id | $> [MKSTREAM] [ENTRIESREAD entries_read]` */
  readonly xgroupCreate: (
    key: Argument,
    groupname: Argument,
    id: Argument,
    options?: { readonly mkstream?: boolean | undefined; readonly entriesread?: Integer | undefined }
  ) => Answer<How, void>
  /** Creates a consumer in a group. `XGROUP CREATECONSUMER key groupname consumername` */
  readonly xgroupCreateconsumer: (key: Argument, groupname: Argument, consumername: Argument) => Answer<How, boolean>
  /** Deletes a consumer with what is pending for it. `XGROUP DELCONSUMER key groupname consumername` */
  readonly xgroupDelconsumer: (key: Argument, groupname: Argument, consumername: Argument) => Answer<How, number>
  /** Deletes a consumer group. `XGROUP DESTROY key groupname` */
  readonly xgroupDestroy: (key: Argument, groupname: Argument) => Answer<How, boolean>
  /** Describes the subcommands. `XGROUP HELP` */
  readonly xgroupHelp: () => Answer<How, Array<string>>
  /** Sets the id up to which a group has been delivered. `XGROUP SETID key groupname <id | $> [ENTRIESREAD entries_read]` */
  readonly xgroupSetid: (
    key: Argument,
    groupname: Argument,
    id: Argument,
    options?: { readonly entriesread?: Integer | undefined }
  ) => Answer<How, void>
  /** Returns the consumers of a group. `XINFO CONSUMERS key groupname` */
  readonly xinfoConsumers: (key: Argument, groupname: Argument) => Answer<How, Array<ConsumerInfo>>
  /** Returns the groups of a stream. `XINFO GROUPS key` */
  readonly xinfoGroups: (key: Argument) => Answer<How, Array<GroupInfo>>
  /** Describes the subcommands. `XINFO HELP` */
  readonly xinfoHelp: () => Answer<How, Array<string>>
  /** Returns figures of a stream, and all about it with `FULL`. `XINFO STREAM key [FULL [COUNT count]]` */
  readonly xinfoStream: <const Full extends boolean | { readonly count?: Integer | undefined } = false>(
    key: Argument,
    options?: { readonly full?: Full | undefined }
  ) => Answer<How, If<Full, StreamState<Text>, StreamInfo<Text>>>
  /** Returns how many entries a stream has. `XLEN key` */
  readonly xlen: (key: Argument) => Answer<How, number>
  /** Returns what is pending in a group: a summary, or the entries between two ids. `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]` */
  readonly xpending: <const Start extends Argument | undefined = undefined>(
    key: Argument,
    group: Argument,
    options?: AllOrNone<
      {
        readonly idle?: Integer | undefined
        readonly start: Start
        readonly end: Argument
        readonly count: Integer
        readonly consumer?: Argument | undefined
      }
    >
  ) => Answer<How, If<Start, Array<PendingEntry>, PendingSummary>>
  /** Returns the entries of a stream between two ids. `XRANGE key start end [COUNT count]` */
  readonly xrange: (
    key: Argument,
    start: Argument,
    end: Argument,
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, Array<StreamEntry<Text>>>
  /** Returns the entries of streams behind given ids, and waits for some if need be. `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]` */
  readonly xread: (
    streams: Fields,
    options?: { readonly count?: Integer | undefined; readonly block?: Integer | undefined }
  ) => Answer<How, Map<Text, Array<StreamEntry<Text>>>>
  /** Delivers new entries of streams to a consumer of a group, or returns those that are pending for it. `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]` */
  readonly xreadgroup: (
    group: Argument,
    consumer: Argument,
    streams: Fields,
    options?: {
      readonly count?: Integer | undefined
      readonly block?: Integer | undefined
      readonly noack?: boolean | undefined
    }
  ) => Answer<How, Map<Text, Array<DeliveredEntry<Text>>>>
  /** Returns the entries of a stream between two ids, the last one first. `XREVRANGE key end start [COUNT count]` */
  readonly xrevrange: (
    key: Argument,
    end: Argument,
    start: Argument,
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, Array<StreamEntry<Text>>>
  /** Sets a stream's last id and its counters, as a replica needs it. `XSETID key last-id [ENTRIESADDED entries_added] [MAXDELETEDID max_deleted_entry_id]` */
  readonly xsetid: (
    key: Argument,
    lastId: Argument,
    options?: { readonly entriesadded?: Integer | undefined; readonly maxdeletedid?: Argument | undefined }
  ) => Answer<How, void>
  /** Deletes the oldest entries of a stream. `XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count]` */
  readonly xtrim: (
    key: Argument,
    strategy: "maxlen" | "minid",
    threshold: Argument,
    options?:
      & { readonly limit?: Integer | undefined }
      & OneOf<{ readonly equal: boolean; readonly approximately: boolean }>
  ) => Answer<How, number>
  /** Adds members to a sorted set, or changes the scores of those it has. `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]` */
  readonly zadd: <const Incr extends boolean = false>(
    key: Argument,
    scoreMember: Scores,
    options?:
      & { readonly ch?: boolean | undefined; readonly incr?: Incr | undefined }
      & OneOf<{ readonly nx: boolean; readonly xx: boolean }>
      & OneOf<{ readonly gt: boolean; readonly lt: boolean }>
  ) => Answer<How, If<Incr, number | undefined, number>>
  /** Returns how many members a sorted set has. `ZCARD key` */
  readonly zcard: (key: Argument) => Answer<How, number>
  /** Counts the members with scores in a range. `ZCOUNT key min max` */
  readonly zcount: (key: Argument, min: Double, max: Double) => Answer<How, number>
  /** Returns what the first sorted set has and the others have not. `ZDIFF numkeys key [key ...] [WITHSCORES]` */
  readonly zdiff: <const Withscores extends boolean = false>(
    key: OneOrMore<Argument>,
    options?: { readonly withscores?: Withscores | undefined }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /** Stores what the first sorted set has and the others have not under a key. `ZDIFFSTORE destination numkeys key [key ...]` */
  readonly zdiffstore: (destination: Argument, key: OneOrMore<Argument>) => Answer<How, number>
  /** Adds to the score of a member, which counts from 0 when it is not there. `ZINCRBY key increment member` */
  readonly zincrby: (key: Argument, increment: Integer, member: Argument) => Answer<How, number>
  /** Returns the intersection of sorted sets. `ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]` */
  readonly zinter: <const Withscores extends boolean = false>(
    key: OneOrMore<Argument>,
    options?: {
      readonly weights?: OneOrMore<Integer> | undefined
      readonly aggregate?: "sum" | "min" | "max" | undefined
      readonly withscores?: Withscores | undefined
    }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /** Counts the members that sorted sets have in common. `ZINTERCARD numkeys key [key ...] [LIMIT limit]` */
  readonly zintercard: (
    key: OneOrMore<Argument>,
    options?: { readonly limit?: Integer | undefined }
  ) => Answer<How, number>
  /** Stores the intersection of sorted sets under a key. `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]` */
  readonly zinterstore: (
    destination: Argument,
    key: OneOrMore<Argument>,
    options?: {
      readonly weights?: OneOrMore<Integer> | undefined
      readonly aggregate?: "sum" | "min" | "max" | undefined
    }
  ) => Answer<How, number>
  /** Counts the members in a range of texts, among members of the same score. `ZLEXCOUNT key min max` */
  readonly zlexcount: (key: Argument, min: Argument, max: Argument) => Answer<How, number>
  /** Takes members out of the first sorted set that has any. `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]` */
  readonly zmpop: (
    key: OneOrMore<Argument>,
    where: "min" | "max",
    options?: { readonly count?: Integer | undefined }
  ) => Answer<How, PoppedMembers<Text> | undefined>
  /** Returns the scores of members. `ZMSCORE key member [member ...]` */
  readonly zmscore: (key: Argument, member: OneOrMore<Argument>) => Answer<How, Array<number | undefined>>
  /** Takes the members with the highest scores out of a sorted set. `ZPOPMAX key [count]` */
  readonly zpopmax: {
    (key: Argument): Answer<How, Scored<Text> | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Scored<Text>>, Scored<Text> | undefined>>
  }
  /** Takes the members with the lowest scores out of a sorted set. `ZPOPMIN key [count]` */
  readonly zpopmin: {
    (key: Argument): Answer<How, Scored<Text> | undefined>
    <const Count extends Integer | undefined = undefined>(
      key: Argument,
      count: Count
    ): Answer<How, If<Count, Array<Scored<Text>>, Scored<Text> | undefined>>
  }
  /** Returns members of a sorted set that chance picks. `ZRANDMEMBER key [count [WITHSCORES]]` */
  readonly zrandmember: <const Count extends Integer | undefined = undefined, const Withscores extends boolean = false>(
    key: Argument,
    options?: AllOrNone<{ readonly count: Count; readonly withscores?: Withscores | undefined }>
  ) => Answer<How, If<Count, If<Withscores, Array<Scored<Text>>, Array<Text>>, Text | undefined>>
  /** Returns the members in a range of places, of scores or of texts. `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]` */
  readonly zrange: <const Withscores extends boolean = false>(
    key: Argument,
    start: Argument,
    stop: Argument,
    options?: {
      readonly rev?: boolean | undefined
      readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
      readonly withscores?: Withscores | undefined
    } & OneOf<{ readonly byscore: boolean; readonly bylex: boolean }>
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /**
   * Returns the members in a range of texts, among members of the same score. `ZRANGEBYLEX key min max [LIMIT offset count]`
   *
   * @deprecated since 6.2.0: use `ZRANGE` with the `BYLEX` argument
   */
  readonly zrangebylex: (
    key: Argument,
    min: Argument,
    max: Argument,
    options?: { readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined }
  ) => Answer<How, Array<Text>>
  /**
   * Returns the members in a range of scores. `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
   *
   * @deprecated since 6.2.0: use `ZRANGE` with the `BYSCORE` argument
   */
  readonly zrangebyscore: <const Withscores extends boolean = false>(
    key: Argument,
    min: Double,
    max: Double,
    options?: {
      readonly withscores?: Withscores | undefined
      readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
    }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /** Stores a range of a sorted set under another key. `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]` */
  readonly zrangestore: (
    dst: Argument,
    src: Argument,
    min: Argument,
    max: Argument,
    options?: {
      readonly rev?: boolean | undefined
      readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
    } & OneOf<{ readonly byscore: boolean; readonly bylex: boolean }>
  ) => Answer<How, number>
  /** Returns the place of a member, counted from the lowest score. `ZRANK key member` */
  readonly zrank: (key: Argument, member: Argument) => Answer<How, number | undefined>
  /** Removes members from a sorted set and counts those that were there. `ZREM key member [member ...]` */
  readonly zrem: (key: Argument, member: OneOrMore<Argument>) => Answer<How, number>
  /** Removes the members in a range of texts. `ZREMRANGEBYLEX key min max` */
  readonly zremrangebylex: (key: Argument, min: Argument, max: Argument) => Answer<How, number>
  /** Removes the members in a range of places. `ZREMRANGEBYRANK key start stop` */
  readonly zremrangebyrank: (key: Argument, start: Integer, stop: Integer) => Answer<How, number>
  /** Removes the members in a range of scores. `ZREMRANGEBYSCORE key min max` */
  readonly zremrangebyscore: (key: Argument, min: Double, max: Double) => Answer<How, number>
  /**
   * Returns the members in a range of places, from the highest score down. `ZREVRANGE key start stop [WITHSCORES]`
   *
   * @deprecated since 6.2.0: use `ZRANGE` with the `REV` argument
   */
  readonly zrevrange: <const Withscores extends boolean = false>(
    key: Argument,
    start: Integer,
    stop: Integer,
    options?: { readonly withscores?: Withscores | undefined }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /**
   * Returns the members in a range of texts, the last one first. `ZREVRANGEBYLEX key max min [LIMIT offset count]`
   *
   * @deprecated since 6.2.0: use `ZRANGE` with the `REV` and `BYLEX` arguments
   */
  readonly zrevrangebylex: (
    key: Argument,
    max: Argument,
    min: Argument,
    options?: { readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined }
  ) => Answer<How, Array<Text>>
  /**
   * Returns the members in a range of scores, from the highest one down. `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
   *
   * @deprecated since 6.2.0: use `ZRANGE` with the `REV` and `BYSCORE` arguments
   */
  readonly zrevrangebyscore: <const Withscores extends boolean = false>(
    key: Argument,
    max: Double,
    min: Double,
    options?: {
      readonly withscores?: Withscores | undefined
      readonly limit?: { readonly offset: Integer; readonly count: Integer } | undefined
    }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /** Returns the place of a member, counted from the highest score. `ZREVRANK key member` */
  readonly zrevrank: (key: Argument, member: Argument) => Answer<How, number | undefined>
  /** Goes through a sorted set step by step. `ZSCAN key cursor [MATCH pattern] [COUNT count]` */
  readonly zscan: (
    key: Argument,
    cursor: Integer,
    options?: { readonly match?: Argument | undefined; readonly count?: Integer | undefined }
  ) => Answer<How, ScorePage<Text>>
  /** Returns the score of a member. `ZSCORE key member` */
  readonly zscore: (key: Argument, member: Argument) => Answer<How, number | undefined>
  /** Returns the union of sorted sets. `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]` */
  readonly zunion: <const Withscores extends boolean = false>(
    key: OneOrMore<Argument>,
    options?: {
      readonly weights?: OneOrMore<Integer> | undefined
      readonly aggregate?: "sum" | "min" | "max" | undefined
      readonly withscores?: Withscores | undefined
    }
  ) => Answer<How, If<Withscores, Array<Scored<Text>>, Array<Text>>>
  /** Stores the union of sorted sets under a key. `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]` */
  readonly zunionstore: (
    destination: Argument,
    key: OneOrMore<Argument>,
    options?: {
      readonly weights?: OneOrMore<Integer> | undefined
      readonly aggregate?: "sum" | "min" | "max" | undefined
    }
  ) => Answer<How, number>
}
