// The key browser: pages of keys by pattern, and the beginning of a value.
import { card, empty, facts, h, table } from "./dom.js"
import { bytes, count, duration } from "./format.js"

let db = "0"
let pattern = "*"
let cursors = ["0"]
let listed
let failed
let picked
let value
let asked = false

const ttlOf = (ttl) => ttl < 0 ? "–" : duration(ttl)

const get = async (path) => {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

const list = async (state) => {
  const query = new URLSearchParams({ db, match: pattern === "" ? "*" : pattern, cursor: cursors.at(-1) })
  try {
    listed = await get(`keys?${query}`)
    failed = undefined
  } catch ({ message }) {
    failed = message
  }
  state.redraw()
}

const open = async (id, state) => {
  picked = id
  try {
    value = await get(`key?${new URLSearchParams({ db, id })}`)
  } catch ({ message }) {
    value = { key: "", failure: message }
  }
  state.redraw()
}

const restart = (state) => {
  cursors = ["0"]
  picked = value = undefined
  void list(state)
}

const databases = (info) =>
  Array.from(
    { length: Math.max(16, ...Object.keys(info).map((name) => Number(/^db(\d+)$/.exec(name)?.[1] ?? 0) + 1)) },
    (_, index) => {
      const keys = /keys=(\d+)/.exec(info[`db${index}`] ?? "")?.[1]
      return h(
        "option",
        { value: String(index), selected: String(index) === db },
        `db ${index}${keys === undefined ? "" : ` (${count(keys)})`}`
      )
    }
  )

const tools = (state) => [
  h("span", { class: "space" }),
  h("select", {
    "aria-label": "Database",
    onchange: ({ target }) => {
      db = target.value
      restart(state)
    }
  }, databases(state.picture.info)),
  h("input", {
    type: "search",
    placeholder: "Pattern, such as user:*",
    "aria-label": "Pattern",
    onchange: ({ target }) => {
      pattern = target.value
      restart(state)
    }
  }),
  h("button", { type: "button", onclick: () => restart(state) }, "Search"),
  h("button", {
    type: "button",
    disabled: cursors.length < 2,
    onclick: () => {
      cursors = cursors.slice(0, -1)
      void list(state)
    }
  }, "Back"),
  h("button", {
    type: "button",
    disabled: listed === undefined || listed.cursor === "0",
    onclick: () => {
      cursors = [...cursors, listed.cursor]
      void list(state)
    }
  }, "More")
]

const rows = (state) =>
  listed.keys.map(({ id, key, ttl, type }) =>
    h(
      "tr",
      {
        class: "pick",
        tabindex: 0,
        "aria-selected": id === picked,
        onclick: () => void open(id, state),
        onkeydown: (event) => event.key === "Enter" && void open(id, state)
      },
      h("td", { class: "clip" }, h("code", {}, key)),
      h("td", {}, type),
      h("td", { class: "number" }, ttlOf(ttl))
    )
  )

const details = () => {
  if (value.failure !== undefined) return card("Key", false, empty(value.failure))
  return card(
    h("code", {}, value.key),
    h("span", { class: "muted" }, value.type),
    facts([
      ["Encoding", h("code", {}, value.encoding)],
      ["Length", value.length === null ? undefined : count(value.length)],
      ["Memory", bytes(value.bytes)],
      ["Time to live", ttlOf(value.ttl)]
    ]),
    table(
      [[""], ["Value"]],
      value.rows.map(([name, text]) =>
        h("tr", {}, h("td", { class: "muted mono" }, name), h("td", { class: "clip mono", title: text }, text))
      )
    )
  )
}

export const keys = {
  show: (state) => {
    if (!asked) {
      asked = true
      void list(state)
    }
    const found = card(
      "Keys",
      tools(state),
      failed !== undefined
        ? empty(failed)
        : listed === undefined
        ? empty("…")
        : listed.keys.length === 0
        ? empty("No keys are like that.")
        : table([["Key"], ["Type"], ["Time to live", "number"]], rows(state))
    )
    return value === undefined ? [h("div", {}, found)] : [
      h("div", { class: "split" }, found, h("div", { class: "side" }, details()))
    ]
  }
}
