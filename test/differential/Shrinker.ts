/**
 * Cuts a sequence that shows a difference down to what it takes: first the steps (delta debugging), then their arguments. Knows
 * nothing of servers: `shows` replays a candidate and says whether the difference is still there.
 */
import * as Effect from "effect/Effect"
import type { Step } from "./Step.ts"

/** Replays a sequence from an empty state. */
export type Shows<E> = (steps: ReadonlyArray<Step>) => Effect.Effect<boolean, E>

/** Returns the smallest sequence found within so many replays. */
export const shrink = <E>(
  steps: ReadonlyArray<Step>,
  shows: Shows<E>,
  replays: number
): Effect.Effect<ReadonlyArray<Step>, E> =>
  Effect.gen(function*() {
    let left = replays
    const budgeted: Shows<E> = (candidate) => left-- > 0 ? shows(candidate) : Effect.succeed(false)
    const tail = yield* shortestTail(steps, budgeted)
    const needed = yield* withoutSteps(tail, budgeted)
    const simple = yield* withSimplerArguments(needed, budgeted)
    // A simpler argument may make another step needless.
    return simple === needed ? needed : yield* withoutSteps(simple, budgeted)
  })

/** Most differences need little of what came before: tries ends of the sequence, each four times as long as the last. */
const shortestTail = <E>(steps: ReadonlyArray<Step>, shows: Shows<E>) =>
  Effect.gen(function*() {
    for (let length = 1; length < steps.length; length *= 4) {
      const tail = steps.slice(-length)
      if (yield* shows(tail)) return tail
    }
    return steps
  })

/** Removes ever smaller pieces until no single step can go. */
const withoutSteps = <E>(steps: ReadonlyArray<Step>, shows: Shows<E>) =>
  Effect.gen(function*() {
    let current = steps
    let size = Math.ceil(current.length / 2)
    while (size >= 1 && current.length > 1) {
      let removed = false
      // From the end: later steps are more often the ones that nothing depends on.
      for (let end = current.length; end > 0; end -= size) {
        const shorter = [...current.slice(0, Math.max(0, end - size)), ...current.slice(end)]
        if (shorter.length > 0 && (yield* shows(shorter))) {
          current = shorter
          removed = true
        }
      }
      if (size === 1 && !removed) break
      size = size === 1 ? 1 : Math.ceil(size / 2)
    }
    return current
  })

const withSimplerArguments = <E>(steps: ReadonlyArray<Step>, shows: Shows<E>) =>
  Effect.gen(function*() {
    let current = steps
    for (let at = current.length - 1; at >= 0; at--) {
      let improved = true
      while (improved) {
        improved = false
        for (const simpler of simplifications(current[at])) {
          const candidate = current.with(at, simpler)
          if (yield* shows(candidate)) {
            current = candidate
            improved = true
            break
          }
        }
      }
    }
    return current
  })

/** The ways in which a step can be made one bit simpler. */
const simplifications = function*(step: Step | undefined): Generator<Step> {
  if (step?._tag !== "Command") return
  const { args } = step
  for (let at = args.length - 1; at >= 1; at--) yield { ...step, args: args.toSpliced(at, 1) }
  for (let at = args.length - 2; at >= 1; at--) yield { ...step, args: args.toSpliced(at, 2) }
  for (let at = 1; at < args.length; at++) {
    const arg = args[at] ?? ""
    for (const simpler of simplerValues(arg)) yield { ...step, args: args.with(at, simpler) }
  }
}

const simplerValues = (arg: string): ReadonlyArray<string> => {
  const values = arg.length > 8 ? [arg.slice(0, arg.length >> 1), arg.slice(arg.length >> 1)] : []
  if (arg.length > 1 && !/^[a-zA-Z]\d$/.test(arg)) values.push("a", "1", "0")
  return values.filter((value) => value.length < arg.length)
}
