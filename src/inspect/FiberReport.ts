/**
 * What the named fibers of a server do at the moment: for FIBER LIST and INFO, and as a tree of text for FIBER DUMP and
 * SIGUSR1.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Session } from "../command/Session.ts"
import { type Waiter, Waiters } from "../command/Waiters.ts"
import { FiberRegistry, type Named } from "../Fibers.ts"
import { LastWrites } from "./LastWrites.ts"

/** What one fiber does. */
export interface Report {
  readonly id: number
  readonly name: string
  readonly part: string
  /** The fiber that began it; undefined when that has ended, or has no name. */
  readonly parent: Pick<Report, "id" | "name" | "part"> | undefined
  readonly interruptible: boolean
  /** `running`: this very command; `waiting`: for something that has to happen; `idle`: for input or work. */
  readonly state: "running" | "waiting" | "idle"
  /** Milliseconds. */
  readonly age: number
  /** Undefined for a fiber that serves no client. */
  readonly client: Session | undefined
  /** What it waits for, in words. */
  readonly waitsFor: string | undefined
  /** Milliseconds for which it has been waiting. */
  readonly waited: number | undefined
  /** Its client's wait, if it is blocked. */
  readonly waiter: Waiter | undefined
}

/** A key as it is shown to people: what does not print is escaped. */
export const shownKey = (key: Uint8Array): string => JSON.stringify(Buffer.from(key).toString("latin1"))

export class FiberReport extends Context.Service<FiberReport, {
  /** Oldest first. `asking`: the client whose command runs now. */
  readonly all: (asking?: Session) => ReadonlyArray<Report>
  readonly find: (id: number) => Named | undefined
  readonly describe: (named: Named, asking?: Session) => Report
  /** The keys that a fiber's client waits for, each with who wrote it, in words. */
  readonly awaited: (report: Report) => ReadonlyArray<string>
  /** Who waits for a key, in the order in which they will be served, and who wrote it meanwhile, in words. */
  readonly waitersOn: (db: number, key: Uint8Array) => ReadonlyArray<string>
  /** Everything as a tree, a line each. */
  readonly tree: () => string
}>()("go-redis/inspect/FiberReport") {
  static readonly layer: Layer.Layer<FiberReport, never, Waiters | LastWrites> = Layer.effect(
    this,
    Effect.gen(function*() {
      const registry = yield* FiberRegistry
      const waiters = yield* Waiters
      const lastWrites = yield* LastWrites
      const clock = yield* Clock.Clock
      // The store's own time stands still while no command runs
      const now = (): number => clock.currentTimeMillisUnsafe()

      const bySession = (): ReadonlyMap<Session, Waiter> => {
        const found = new Map<Session, Waiter>()
        for (const waiter of waiters.all()) found.set(waiter.session, waiter)
        return found
      }

      const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`

      const writtenBy = (db: number, key: Uint8Array): string => {
        const write = lastWrites.of(db, key)
        if (write === undefined) return "nobody wrote it meanwhile"
        const who = write.client === 0 ? "by the server" : `by client ${write.client}`
        return `last written ${who} with ${write.command.toUpperCase()} ${seconds(now() - write.at)} ago`
      }

      const describe = (named: Named, asking?: Session, waiting = bySession()): Report => {
        const { fiber, label, since } = named
        const parent = named.parent === undefined ? undefined : registry?.byId.get(named.parent)
        const client = label.subject instanceof Session ? label.subject : undefined
        const waiter = client === undefined ? undefined : waiting.get(client)
        let waitsFor = label.waitsFor?.()
        if (waiter !== undefined && client !== undefined) {
          const keys = (waiter.wait?.keys ?? []).map(shownKey).join(", ")
          const command = client.commandName.toUpperCase()
          waitsFor = keys === "" ? command : `${command} on ${keys} in db ${waiter.db}`
        } else if (client?.blocked !== undefined) waitsFor = "the end of CLIENT PAUSE"
        return {
          id: fiber.id,
          name: label.name,
          part: label.part,
          parent: parent && { id: parent.fiber.id, name: parent.label.name, part: parent.label.part },
          interruptible: label.interruptible === true,
          state: client !== undefined && client === asking ? "running" : waitsFor === undefined ? "idle" : "waiting",
          age: now() - since,
          client,
          waitsFor,
          waited: waiter === undefined ? undefined : now() - waiter.since,
          waiter
        }
      }

      const all = (asking?: Session): ReadonlyArray<Report> => {
        const waiting = bySession()
        return [...registry?.byId.values() ?? []].map((named) => describe(named, asking, waiting))
      }

      const waitersOn = (db: number, key: Uint8Array): ReadonlyArray<string> =>
        [...waiters.on(db, key)].map(({ session, since }) =>
          `client ${session.id} (${session.link?.peer ?? "embedded"}) for ${seconds(now() - since)} with `
          + `${session.commandName.toUpperCase()}, ${writtenBy(db, key)}`
        )

      const line = (report: Report): string => {
        const { client } = report
        const who = client === undefined ? "" : ` ${client.id} ${client.name || (client.link?.peer ?? "embedded")}`
        const waited = report.waited === undefined ? "" : ` for ${seconds(report.waited)}`
        const doing = report.waitsFor === undefined
          ? report.state
          : `waits${waited}: ${report.waitsFor}`
        const last = client !== undefined && report.state === "idle" && client.commandName !== ""
          ? `, last command ${client.commandName.toUpperCase()}`
          : ""
        const part = report.parent === undefined || report.parent.part === report.part ? "" : ` of ${report.part}`
        return `#${report.id} ${report.name}${part}${who}, age ${seconds(report.age)}, ${doing}${last}`
      }

      const awaited = ({ waiter }: Report): ReadonlyArray<string> =>
        (waiter?.wait?.keys ?? []).map((key) => `${shownKey(key)}: ${writtenBy(waiter?.db ?? 0, key)}`)

      const branch = (items: ReadonlyArray<readonly [text: string, below: ReadonlyArray<string>]>): Array<string> =>
        items.flatMap(([text, below], at) => {
          const last = at === items.length - 1
          return [`${last ? "└─" : "├─"} ${text}`, ...below.map((under) => `${last ? "  " : "│ "} ${under}`)]
        })

      const tree = (): string => {
        const below = Map.groupBy(all(), ({ parent }) => parent?.id)
        const begunBy = (report: Report): ReadonlyArray<Report> => below.get(report.id) ?? []
        const count = (reports: ReadonlyArray<Report>): number =>
          reports.reduce((sum, report) => sum + 1 + count(begunBy(report)), 0)
        const item = (report: Report): readonly [text: string, below: ReadonlyArray<string>] => [
          line(report),
          branch([...awaited(report).map((text) => [text, []] as const), ...begunBy(report).map(item)])
        ]
        const parts = Map.groupBy(below.get(undefined) ?? [], ({ part }) => part)
        const lines = branch(
          [...parts].map(([part, reports]) => [`${part} (${count(reports)})`, branch(reports.map(item))])
        )
        return ["go-redis", ...lines].join("\n")
      }

      return FiberReport.of({
        all,
        awaited,
        describe: (named, asking) => describe(named, asking),
        find: (id) => registry?.byId.get(id),
        waitersOn,
        tree
      })
    })
  )
}
