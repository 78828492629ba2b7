/**
 * A command is a value: a spec and, given by a layer, a program from its request to `Effect<Reply, CommandError>`.
 *
 * ```ts
 * const Hello = Command.make("GREET", { arity: 2, flags: ["readonly", "fast"], ... })
 * const Greetings = Command.group(Hello)
 * const layer = Greetings.toLayer(Effect.gen(function*() {
 *   const store = yield* Store
 *   return Greetings.of({ GREET: (request) => Command.sync(() => Reply.text(`hello ${request.text(1)}`)) })
 * }))
 * ```
 *
 * A missing or misspelt handler does not compile. Each handler is one primitive Effect: that is what the path of a
 * command can afford, and what keeps a command atomic.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Reply } from "../resp/Reply.ts"
import { CommandError } from "./CommandError.ts"
import { CommandTable } from "./CommandTable.ts"
import type { Request } from "./Request.ts"
import type { Spec } from "./Spec.ts"

/** A name and what is known about it. A subcommand is named with its parent: `CONFIG|GET`. */
export interface Command<Name extends string = string> {
  readonly name: Name
  readonly spec: Spec
}

export type Handler<R = never> = (request: Request) => Effect.Effect<Reply, CommandError, R>

export const make = <const Name extends string>(name: Name, spec: Spec): Command<Name> => ({ name, spec })

export interface Group<Name extends string> {
  readonly commands: ReadonlyArray<Command<Name>>
  /** Gives the handlers their types. */
  readonly of: (handlers: { readonly [K in Name]: Handler }) => { readonly [K in Name]: Handler }
  /** A layer that adds the commands to the `CommandTable`. */
  readonly toLayer: <E, R>(
    handlers: Effect.Effect<{ readonly [K in Name]: Handler }, E, R>
  ) => Layer.Layer<never, E, R | CommandTable>
}

export const group = <const Commands extends ReadonlyArray<Command>>(
  ...commands: Commands
): Group<Commands[number]["name"]> => ({
  commands,
  of: (handlers) => handlers,
  toLayer: (handlers) =>
    Layer.effectDiscard(
      Effect.flatMap(handlers, (byName) =>
        CommandTable.useSync((table) => {
          const entries: Readonly<Record<string, Handler>> = byName
          for (const command of commands) table.add(command, entries[command.name] as Handler)
        }))
    )
})

/**
 * A program that runs at once and yields its reply or throws a `CommandError`, which becomes the failure. Throwing a
 * value that was made before costs a quarter of a microsecond and spares every line that parses an argument a branch.
 */
export const sync = (run: () => Reply): Effect.Effect<Reply, CommandError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      if (error instanceof CommandError) return Effect.fail(error)
      return Effect.die(error)
    }
  })
