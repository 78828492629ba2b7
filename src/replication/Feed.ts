/**
 * The replication stream of this server: what its writes did, as requests, with SELECT where the database changes and
 * MULTI .. EXEC around what belongs together. A replica that has replicas passes its master's stream on instead, byte
 * for byte.
 *
 * The stream is counted as it is written and goes out when the event loop has been through all connections that had
 * something: once into the backlog, and to the replicas as one piece of memory that all of them share. A write for every
 * chunk of input would cost a master a fifth more.
 */
import * as Bytes from "../memory/Bytes.ts"
import type { Effect, Propagation } from "../store/Propagation.ts"
import { Backlog } from "./Backlog.ts"
import type { Replica } from "./Replica.ts"
import type { Identity } from "./ReplicationId.ts"

const CHUNK_BYTES = 64 * 1024
/** A chunk with less room than this is not continued. */
const LEAST_ROOM = 4 * 1024

export class Feed {
  readonly replicas = new Set<Replica>()
  /** The end of the stream, while there are replicas that may ask for it. */
  backlog: Backlog | undefined = undefined
  private readonly identity: Identity
  private readonly propagation: Propagation
  private unsubscribe: (() => void) | undefined = undefined
  /** The stream's database; -1: the next write says which it is. */
  private selected = -1
  private acksWanted = false

  /** Taken with the first write. */
  private chunk = nothing
  private at = 0
  /** What lies before has been sent. */
  private sent = 0
  /** Whether somebody who is not listed any more may still be sent some of the chunk. */
  private mayBeLeft = false
  private flushScheduled = false

  constructor(identity: Identity, propagation: Propagation) {
    this.identity = identity
    this.propagation = propagation
  }

  // ---- where the stream comes from

  /** Keeps the stream from now on. */
  open(size: number): void {
    this.backlog ??= new Backlog(size, this.identity.offset)
  }

  /** Forgets the stream. */
  close(): void {
    this.flush()
    this.backlog = undefined
    this.generate(false)
  }

  /** Whether the stream is made of this server's own writes; otherwise they are nobody's business. */
  generate(own: boolean): void {
    if (!own) {
      this.unsubscribe?.()
      this.unsubscribe = undefined
    } else this.unsubscribe ??= this.propagation.subscribe((effects) => this.follow(effects))
  }

  /** The stream goes on at another offset: its bytes before are forgotten. */
  moveTo(offset: number): void {
    this.flush()
    this.identity.offset = this.propagation.position = offset
    this.backlog = undefined
  }

  /** The next write of our own says in which database it is: for those who have not heard it. */
  forgetDatabase(): void {
    if (this.unsubscribe !== undefined) this.select(-1)
  }

  /** The database in which the stream is, or -1. */
  get database(): number {
    return this.selected
  }

  select(db: number): void {
    this.selected = db
    this.identity.streamDb = db
  }

  private follow(effects: ReadonlyArray<Effect>): void {
    const [first] = effects
    if (first === undefined) return
    this.moveToDatabase(first.db)
    const together = effects.length > 1
    if (together) this.append(multi)
    for (const effect of effects) {
      this.moveToDatabase(effect.db)
      this.append(effect.buffer, effect.start, effect.end)
    }
    if (together) this.append(exec)
  }

  private moveToDatabase(db: number): void {
    if (db === this.selected) return
    this.append(selectOf(db))
    this.select(db)
  }

  /** A sign of life to the replicas. */
  ping(): void {
    this.append(ping)
  }

  /** Asks the replicas, at the end of the turn, how far they are. */
  requestAcks(): void {
    if (this.replicas.size === 0) return
    this.acksWanted = true
    this.scheduleFlush()
  }

  /** Passes the master's stream on. */
  verbatim(bytes: Uint8Array, start: number, end: number): void {
    this.append(bytes, start, end)
  }

  // ---- where it goes

  /** Sends a replica nothing more; false when it was sent nothing before. */
  remove(replica: Replica): boolean {
    this.mayBeLeft = true
    return this.replicas.delete(replica)
  }

  private append(bytes: Uint8Array, from = 0, end = bytes.length): void {
    this.identity.offset = this.propagation.position += end - from
    this.scheduleFlush()
    if (this.chunk === nothing) this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    let start = from
    while (start < end) {
      const stop = Math.min(end, start + this.chunk.length - this.at)
      this.at = Bytes.copy(bytes, start, stop, this.chunk, this.at)
      start = stop
      if (this.at === this.chunk.length) this.sendPending()
    }
  }

  /** The event loop has been through all connections that had something for us. */
  private readonly endRound = (): void => {
    this.flushScheduled = false
    this.flush()
  }

  private scheduleFlush(): void {
    if (this.flushScheduled) return
    this.flushScheduled = true
    setImmediate(this.endRound)
  }

  /** Sends what has been written in this turn. */
  flush(): void {
    if (this.acksWanted) {
      this.acksWanted = false
      this.append(getAck)
    }
    this.sendPending()
  }

  private sendPending(): void {
    if (this.at === this.sent) return
    this.backlog?.write(this.chunk, this.sent, this.at)
    if (this.replicas.size === 0) {
      this.at = this.sent
      return
    }
    const piece = this.chunk.subarray(this.sent, this.at)
    this.sent = this.at
    for (const replica of this.replicas) replica.feed(piece)
    if (this.chunk.length - this.at < LEAST_ROOM) this.renew()
  }

  /**
   * Goes on in other memory, or in the same where all have taken what was in it: V8 answers to every 64 MB of dropped chunks by
   * going through its heap, which was more than half of what a master with a replica took for a SET of 150 KB.
   */
  private renew(): void {
    if (!this.isTaken()) this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    this.mayBeLeft = false
    this.at = this.sent = 0
  }

  private isTaken(): boolean {
    if (this.mayBeLeft) return false
    for (const { session } of this.replicas) {
      if (session.link !== undefined && session.link.outputBytes() > 0) return false
    }
    return true
  }
}

const nothing = Buffer.alloc(0)

const requestOf = (...words: ReadonlyArray<string>): Uint8Array =>
  Buffer.from(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`)

const selectOf = (db: number): Uint8Array => selects[db] ?? requestOf("SELECT", String(db))

const selects: ReadonlyArray<Uint8Array> = Array.from({ length: 16 }, (_, db) => requestOf("SELECT", String(db)))
const multi = requestOf("MULTI")
const exec = requestOf("EXEC")
const ping = requestOf("PING")
const getAck = requestOf("REPLCONF", "GETACK", "*")
