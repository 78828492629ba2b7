/**
 * Layers in great number, for a server that is made in less than a millisecond: `Layer.mergeAll` forks a fiber for each,
 * and each `Layer.provideMerge` copies all that there is.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What layers need, each of which has what those before it provide. */
type Needs<Layers extends ReadonlyArray<Layer.Any>, Had = never> = Layers extends
  readonly [infer First extends Layer.Any, ...infer Rest extends ReadonlyArray<Layer.Any>]
  ? Exclude<Layer.Services<First>, Had> | Needs<Rest, Had | Layer.Success<First>>
  : never

/** Builds layers one after the other: each has what those before it provide, and all of it is provided. */
export const stacked = <const Layers extends ReadonlyArray<Layer.Any>>(...layers: Layers) => {
  type A = Layer.Success<Layers[number]>
  type E = Layer.Error<Layers[number]>
  // What each provides, fails with and needs is part of what all of them do
  const those = layers as unknown as ReadonlyArray<Layer.Layer<A, E, Layer.Services<Layers[number]>>>
  return Layer.fromBuildMemo<A, E, Needs<Layers>>((memoMap, scope) =>
    Effect.contextWith((given: Context.Context<Needs<Layers>>) => {
      const provided = new Map<string, unknown>()
      // Whenever a layer is built, all that it needs is there: `Needs` sees to it
      let had = given as Context.Context<Layer.Services<Layers[number]>>
      const one = (layer: (typeof those)[number]) => {
        const built = Layer.buildWithMemoMap(layer, memoMap, scope)
        return Effect.map(Effect.updateContext(built, (_: Context.Context<never>) => had), (made) => {
          for (const [key, service] of made.mapUnsafe) {
            provided.set(key, service)
            had = Context.addUnsafe(had, key, service)
          }
        })
      }
      return Effect.map(Effect.forEach(those, one, { discard: true }), () => Context.makeUnsafe<A>(provided))
    })
  )
}
