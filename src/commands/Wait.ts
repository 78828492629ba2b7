/** WAIT: until replicas have what the client wrote. */
import * as Effect from "effect/Effect"
import * as Command from "../command/Command.ts"
import * as CommandError from "../command/CommandError.ts"
import * as Returns from "../command/Returns.ts"
import { integer } from "../command/Spec.ts"
import { timeoutAt } from "../command/Timeout.ts"
import { Waiters } from "../command/Waiters.ts"
import { Replicas } from "../replication/Replicas.ts"
import { Role } from "../replication/Role.ts"
import * as Reply from "../resp/Reply.ts"

const Wait = Command.make("WAIT", {
  summary: "Waits until replicas have acknowledged what the connection has written.",
  returns: Returns.integer,
  since: "3.0.0",
  group: "generic",
  complexity: "O(1)",
  arity: 3,
  flags: ["noscript"],
  categories: ["connection"],
  tips: ["request_policy:all_shards", "response_policy:agg_min"],
  arguments: [integer("numreplicas"), integer("timeout")]
})

export const group = Command.group(Wait)

const onReplica = CommandError.make(
  "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to "
    + "be writable (which is not the default) writes to replicas are just local and are not propagated."
)

export const layer = group.toLayer(Effect.gen(function*() {
  const { awaitAcks, countAcks } = yield* Replicas
  const role = yield* Role
  const { suspend } = yield* Waiters

  return group.of({
    WAIT: (request) =>
      Command.attempt(() => {
        const { session } = request
        if (role.isReplica) throw onReplica
        const count = request.integer(1)
        const timeout = timeoutAt(request, 2)
        // What others write while it waits is not waited for
        const offset = session.streamOffset
        const acknowledged = countAcks(offset)
        if (acknowledged >= count) return Effect.succeed(Reply.integer(acknowledged))
        return suspend(session, {
          timeout,
          timedOut: () => Reply.integer(countAcks(offset)),
          register: (answer) =>
            awaitAcks({ offset, count: Number(count), answer: (reached) => answer(Reply.integer(reached)) })
        })
      })
  })
}))
