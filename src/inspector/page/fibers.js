// The tree of fibers: what runs, what waits, for what and for how long.
import { card, empty, facts, h, table } from "./dom.js"
import { bytes, duration } from "./format.js"

const COLUMNS = [["Fiber"], ["What it does"], ["For", "number"], ["Age", "number"], ["Last command"]]

let wanted = ""
let waitingOnly = false
let picked

const who = ({ client, name }) => client === undefined ? name : `client ${client.id}`

const matches = (fiber) =>
  (!waitingOnly || fiber.state === "waiting")
  && [fiber.id, fiber.name, fiber.waitsFor, fiber.client?.peer, fiber.client?.name, fiber.client?.command]
    .join(" ").toLowerCase().includes(wanted)

const does = (fiber) =>
  fiber.waitsFor === undefined
    ? h("span", { class: "muted" }, fiber.client?.subscriptions > 0 ? "listens to channels" : fiber.state)
    : h("span", {}, h("span", { class: "waits" }, "waits for "), h("code", {}, fiber.waitsFor))

const row = (fiber, state) =>
  h(
    "tr",
    {
      class: "pick",
      tabindex: 0,
      "aria-selected": fiber.id === picked,
      onclick: () => pick(fiber.id, state),
      onkeydown: ({ key }) => key === "Enter" && pick(fiber.id, state)
    },
    h(
      "td",
      {},
      h(
        "div",
        { class: "who" },
        h("span", { class: `dot ${fiber.state}`, title: fiber.state }),
        h(
          "span",
          {},
          who(fiber),
          " ",
          h("span", { class: "muted" }, fiber.client === undefined ? "" : fiber.client.name || fiber.client.peer),
          h("span", { class: "muted mono" }, ` #${fiber.id}`)
        )
      )
    ),
    h("td", {}, does(fiber), fiber.keys.map((key) => h("span", { class: "key" }, key))),
    h("td", { class: "number" }, fiber.waited === undefined ? "" : duration(fiber.waited)),
    h("td", { class: "number muted" }, duration(fiber.age)),
    h("td", {}, h("code", {}, fiber.client?.command ?? ""))
  )

const pick = (id, state) => {
  picked = id === picked ? undefined : id
  state.redraw()
}

/** Clients first: it is them that one looks for. */
const rank = ([part]) => part === "clients" ? 0 : 1

const parts = (shown, state) =>
  [...Map.groupBy(shown, ({ part }) => part)].sort((a, b) => rank(a) - rank(b)).map(([part, those]) => [
    h(
      "tr",
      { class: "part" },
      h("th", { colspan: COLUMNS.length, scope: "rowgroup" }, part, h("span", { class: "muted" }, ` ${those.length}`))
    ),
    those.map((fiber) => row(fiber, state))
  ])

const ask = async (question, state, what, id) => {
  if (confirm(question)) await state.act(what, id)
}

const actions = ({ client }, { picture }, state) => {
  if (client === undefined) return false
  if (picture.readOnly) {
    return h(
      "p",
      { class: "empty" },
      "Read-only: ",
      h("code", {}, "inspector-read-only no"),
      " lets this page close and unblock clients."
    )
  }
  return h(
    "div",
    { class: "actions" },
    h("button", {
      type: "button",
      disabled: !client.unblockable,
      onclick: () => ask(`Unblock client ${client.id}, as if its time were over?`, state, "unblock", client.id)
    }, "Unblock"),
    h("button", {
      type: "button",
      class: "danger",
      onclick: () => ask(`Close the connection of client ${client.id}?`, state, "kill", client.id)
    }, "Close connection")
  )
}

const details = (fiber, state) => {
  const { client, trace } = fiber
  return card(
    `Fiber #${fiber.id}`,
    h("span", { class: "muted" }, fiber.name),
    facts([
      ["State", fiber.state],
      ["Waits for", fiber.waitsFor],
      ["For", fiber.waited === undefined ? undefined : duration(fiber.waited)],
      ["Age", duration(fiber.age)],
      ["Part", fiber.part],
      ["Begun by", fiber.parent === undefined ? undefined : `${fiber.parent.name} #${fiber.parent.id}`],
      ...client === undefined ? [] : [
        ["Client", `${client.id} ${client.name}`],
        ["Address", client.peer],
        ["Class", client.kind],
        ["Database", client.db],
        ["Latest commands", h("code", {}, client.latest.join(", "))],
        ["Idle", duration(client.idle)],
        ["Memory", bytes(client.bytes)],
        ["Unread replies", bytes(client.unsent)],
        ["In MULTI", client.queued < 0 ? undefined : `${client.queued} queued`],
        ["Subscriptions", client.subscriptions || undefined]
      ],
      ...trace === undefined ? [] : [
        ["Trace", h("code", {}, trace.traceId)],
        ["Span", h("code", {}, trace.spanId)]
      ]
    ]),
    actions(fiber, state, state)
  )
}

export const fibers = {
  show: (state) => {
    const { shown, total } = state.picture.fibers
    const those = shown.filter(matches)
    const one = shown.find(({ id }) => id === picked)
    const tools = [
      h("span", { class: "muted" }, total > shown.length ? `${shown.length} of ${total}` : String(total)),
      h("span", { class: "space" }),
      h(
        "label",
        {},
        h("input", {
          type: "checkbox",
          checked: waitingOnly,
          onchange: ({ target }) => {
            waitingOnly = target.checked
            state.redraw()
          }
        }),
        " waiting only"
      ),
      h("input", {
        type: "search",
        placeholder: "Filter: address, key, command",
        "aria-label": "Filter",
        oninput: ({ target }) => {
          wanted = target.value.toLowerCase()
          state.redraw()
        }
      })
    ]
    const list = card(
      "Fibers",
      tools,
      those.length === 0 ? empty("No fiber is like that.") : table(COLUMNS, parts(those, state), { class: "tree" })
    )
    return one === undefined
      ? [h("div", {}, list)]
      : [h("div", { class: "split" }, list, h("div", { class: "side" }, details(one, state)))]
  }
}
