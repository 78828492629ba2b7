/** Replies brought into a form in which those that mean the same are equal. */
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { elements, text } from "./Grammar.ts"

/** Renders a reply as text that tells any two different replies apart, except for RESP2's two nulls. */
export const canonical = (value: ReplyValue): string => {
  switch (value._tag) {
    case "Bulk":
    case "Verbatim":
      return JSON.stringify(text(value))
    case "Simple":
    case "Error":
      return `${value._tag} ${value.text}`
    case "Null":
      return "null"
    case "Map":
      return `{${value.entries.map(([key, item]) => `${canonical(key)}: ${canonical(item)}`).join(", ")}}`
    case "Attribute":
      return `|${value.entries.map(([key, item]) => `${canonical(key)}: ${canonical(item)}`).join(", ")}| ${
        canonical(value.value)
      }`
    case "Array":
    case "Set":
    case "Push":
      return `${value._tag}[${value.items.map(canonical).join(", ")}]`
    default:
      return `${value._tag} ${value.value}`
  }
}

/** The elements of an array or set in whatever order. */
export const unordered = (value: ReplyValue): string =>
  value._tag === "Map" ? pairs(value) : collate(elements(value).map(canonical))

/** The pairs of a map, or of the flat array that RESP2 has for it, in whatever order. */
export const pairs = (value: ReplyValue): string => {
  if (value._tag === "Map") return collate(value.entries.map(([key, item]) => `${canonical(key)}: ${canonical(item)}`))
  const items = elements(value)
  return collate(items.flatMap((item, at) => {
    const next = items[at + 1]
    return at % 2 === 1 ? [] : [`${canonical(item)}: ${next === undefined ? "" : canonical(next)}`]
  }))
}

/** Whether nothing but kinds of values is told: for replies that are chance, or the machine's. */
export const shape = (value: ReplyValue): string => value._tag

/** The elements of a scan, each once. */
export const scanned = (items: ReadonlyArray<ReplyValue>, width: 1 | 2): string => {
  const seen = new Set<string>()
  for (let i = 0; i < items.length; i += width) seen.add(items.slice(i, i + width).map(canonical).join(": "))
  return collate([...seen])
}

const collate = (items: ReadonlyArray<string>): string => [...items].sort().join("\n")

/** Replies that may differ in time: integers that are times must be near each other, everything else equal. */
export const nearlyEqual = (
  a: ReplyValue,
  b: ReplyValue,
  isTime: (path: ReadonlyArray<string>, value: number) => boolean,
  tolerance: number
) => {
  const near = (left: ReplyValue, right: ReplyValue, path: ReadonlyArray<string>): boolean => {
    if (left._tag === "Integer" && right._tag === "Integer") {
      const gap = Math.abs(Number(left.value) - Number(right.value))
      // What is a time on one side must be none of the signs (-1, -2) on the other.
      return left.value === right.value
        || gap <= tolerance && left.value >= 0 && right.value >= 0 && isTime(path, Number(left.value))
    }
    const lefts = children(left)
    const rights = children(right)
    if (left._tag !== right._tag || lefts === undefined || rights === undefined) {
      return canonical(left) === canonical(right)
    }
    return lefts.length === rights.length && lefts.every((child, at) => {
      const previous = lefts[at - 1]
      const name = previous?._tag === "Bulk" ? text(previous) : String(at)
      const other = rights[at]
      return other !== undefined && near(child, other, [...path, name])
    })
  }
  return near(a, b, [])
}

const children = (value: ReplyValue): ReadonlyArray<ReplyValue> | undefined =>
  value._tag === "Map"
    ? value.entries.flat()
    : value._tag === "Array" || value._tag === "Set" || value._tag === "Push"
    ? value.items
    : undefined
