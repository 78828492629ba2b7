/** Effect's modules for storage load eighty others, schemas and SQL among them: they come when a layer needs them. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A layer of a module that is loaded when the layer is built. */
export const loading = <Module, A, E, R>(
  load: () => Promise<Module>,
  layer: (module: Module) => Layer.Layer<A, E, R>
): Layer.Layer<A, E, R> => Layer.unwrap(Effect.map(Effect.promise(load), layer))
