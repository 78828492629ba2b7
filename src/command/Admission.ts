/**
 * The server-wide reasons to refuse or postpone a command. Whoever has one (memory limit, loading, replication, CLIENT
 * PAUSE) sets its bit in `gate`; as long as no bit is set, commands pass with one comparison.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Handler } from "./Command.ts"
import type { CommandError } from "./CommandError.ts"
import type { Entry } from "./CommandTable.ts"
import type { Request } from "./Request.ts"
import { Gate } from "./Session.ts"

export class ServerAdmission {
  /** Bits of `Gate`. */
  gate = 0

  /** Why writes are refused at the moment (`Gate.writes`): MISCONF. */
  refusesWrite: (command: string) => CommandError | undefined = () => undefined
  /** Whether this server is a replica that takes no writes but its master's (`Gate.replication`). */
  readOnly = false
  /** Whether fewer replicas are in touch than `min-replicas-to-write` asks for (`Gate.replication`). */
  lacksReplicas = false
  /** Whether commands without the flag `stale` are refused: the link to the master is down (`Gate.replication`). */
  refusesStale = false
  /** Whether the data is loaded in the background, so that all but `no_async_loading` commands run (`Gate.loading`). */
  loadingInBackground = false

  /** CLIENT PAUSE holds back writes only (`Gate.paused`). Until when is in the store's `State`. */
  pausesWritesOnly = false

  /** Sets `Gate.replication` by the reasons for it. */
  updateReplication(): void {
    this.set(Gate.replication, this.readOnly || this.lacksReplicas || this.refusesStale)
  }

  /** A program to run in a command's place, for tests of failure (`Gate.faults`). */
  fault: (request: Request, entry: Entry) => Handler | undefined = () => undefined

  raise(bit: number): void {
    this.gate |= bit
  }

  lower(bit: number): void {
    this.gate &= ~bit
  }

  set(bit: number, on: boolean): void {
    if (on) this.raise(bit)
    else this.lower(bit)
  }
}

export class Admission extends Context.Service<Admission, ServerAdmission>()("go-redis/command/Admission") {
  static readonly layer = Layer.sync(this, () => new ServerAdmission())
}
