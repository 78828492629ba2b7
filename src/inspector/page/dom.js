// Elements as values, and a way to bring the page to them that leaves alone what has not changed: what is selected,
// focused or scrolled stays so while the figures move on.

const SVG = new Set(["svg", "path", "line", "text", "g", "rect", "circle"])

/** `h("td", { class: "number" }, 12)`; false, null and undefined are left out, `on*` are listeners. */
export const h = (tag, props = {}, ...children) => ({ tag, props, children: children.flat(Infinity) })

const isText = (node) => typeof node !== "object"

const make = (node) => {
  if (isText(node)) return document.createTextNode(String(node))
  const made = SVG.has(node.tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", node.tag)
    : document.createElement(node.tag)
  made.listeners = {}
  update(made, node)
  return made
}

const set = (element, name, value) => {
  if (name.startsWith("on")) {
    const event = name.slice(2)
    if (!(event in element.listeners)) element.addEventListener(event, (e) => element.listeners[event]?.(e))
    element.listeners[event] = value
  } else if (name === "style") { for (const [property, text] of Object.entries(value)) element.style[property] = text }
  else if (name === "value") {
    // What somebody types is not overwritten
    if (element !== document.activeElement && element.value !== value) element.value = value
  } else if (name === "checked" || name === "disabled") element[name] = value === true
  else if (value === false || value === undefined || value === null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value))
}

const update = (element, { children, props }) => {
  for (const name of element.names ?? []) if (!(name in props) && !name.startsWith("on")) element.removeAttribute(name)
  for (const [name, value] of Object.entries(props)) set(element, name, value)
  element.names = Object.keys(props)
  show(element, children)
}

const fits = (there, node) =>
  isText(node) ? there.nodeType === Node.TEXT_NODE : there.localName === node.tag && there.listeners !== undefined

/** Makes the children of an element those that are given. */
export const show = (element, nodes) => {
  const wanted = nodes.filter((node) => node !== false && node !== null && node !== undefined)
  wanted.forEach((node, at) => {
    const there = element.childNodes[at]
    if (there === undefined) element.append(make(node))
    else if (!fits(there, node)) there.replaceWith(make(node))
    else if (!isText(node)) update(there, node)
    else if (there.data !== String(node)) there.data = String(node)
  })
  while (element.childNodes.length > wanted.length) element.lastChild.remove()
}

export const card = (title, head, ...body) =>
  h("section", { class: "card" }, h("div", { class: "head" }, h("h2", {}, title), head), ...body)

/** Columns are `[title, class]`. */
export const table = (columns, rows, props = {}) =>
  h(
    "div",
    { class: "scroll" },
    h(
      "table",
      props,
      h("thead", {}, h("tr", {}, columns.map(([title, kind]) => h("th", { class: kind, scope: "col" }, title)))),
      h("tbody", {}, rows)
    )
  )

export const facts = (pairs) =>
  h(
    "dl",
    { class: "facts" },
    pairs.filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => [
      h("dt", {}, name),
      h("dd", {}, value)
    ])
  )

export const empty = (...text) => h("p", { class: "empty" }, ...text)
