/** What a run found, for people: the smallest sequences as one would type them, and what each server said. */
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import type { ReplyValue } from "../../src/resp/ReplyParser.ts"
import { quote, render } from "../support/RawClient.ts"
import type { Finding, Outcome } from "./Campaign.ts"
import { pairs, unordered } from "./Canonical.ts"
import { elements } from "./Grammar.ts"
import { print } from "./Step.ts"

export const finding = ({ difference, epoch, reproducible, steps, times }: Finding): string =>
  [
    `--- ${difference.command || "a reply"}: ${difference.reason} (epoch ${epoch}${
      times > 1 ? `, ${times} times` : ""
    })`,
    ...(reproducible ? [] : ["    A replay did not show it again. These are the last steps before it:"]),
    ...steps.map((step) => `  ${shorten(print(step), 400)}`),
    "  redis-server said:",
    reply(difference.reference, difference.candidate),
    "  the other said:",
    reply(difference.candidate, difference.reference),
    ...parts(difference)
  ].join("\n")

/** One line that sums up, and how to see it again. */
export const summary = ({ commands, findings, leftOut, steps }: Outcome, seed: number): string => {
  const silent = [...commands].filter(([, tally]) => tally.successes + tally.nulls === 0).map(([name]) => name)
  return [
    `${steps} steps, ${commands.size} commands, seed ${seed}: ${
      findings.length === 0 ? "no difference" : `${findings.length} differences`
    }`,
    ...(leftOut.length > 0 ? [`left out after they differed too often: ${leftOut.join(", ")}`] : []),
    ...(silent.length > 0 ? [`commands that were only refused: ${silent.join(", ")}`] : [])
  ].join("\n")
}

/** How often each command succeeded, found nothing and was refused. */
export const coverage = ({ commands }: Outcome): string =>
  [...commands].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, { errors, nulls, successes }]) =>
      `${name.padEnd(28)} ${String(successes).padStart(7)} done ${String(nulls).padStart(7)} nil ${
        String(errors).padStart(7)
      } refused`
    )
    .join("\n")

/** Of two long lists, what only one of them has. */
const parts = ({ candidate, reference }: Finding["difference"]): ReadonlyArray<string> => {
  const [left, right] = [listed(reference), listed(candidate)]
  if (left.size < mostLines && right.size < mostLines) return []
  const only = (who: string, own: ReadonlySet<string>, other: ReadonlySet<string>) => {
    const items = [...own].filter((item) => !other.has(item))
    return items.length === 0
      ? []
      : [`  only ${who} has:`, ...items.slice(0, mostLines).map((item) => `      ${shorten(item, 200)}`)]
  }
  return [...only("redis-server", left, right), ...only("the other", right, left)]
}

/** The elements of a list, or its pairs where it looks like a map. */
const listed = (raw: string): ReadonlySet<string> => {
  const value = decode(raw)
  const items = elements(value)
  const isMap = value?._tag === "Map"
    || items.length > 0 && items.length % 2 === 0 && items.every((item) => item._tag === "Bulk")
  return new Set(value === undefined ? [] : (isMap ? pairs(value) : unordered(value)).split("\n"))
}

const decode = (raw: string): ReplyValue | undefined => {
  const parser = new ReplyParser()
  parser.push(Buffer.from(raw, "latin1"))
  const value = parser.next()
  return value?._tag === "ProtocolError" ? undefined : value
}

/** What was said, decoded if it is short, and the bytes around the place where the two part. */
const reply = (raw: string, other: string): string => {
  const value = decode(raw)
  const lines = value === undefined ? [] : render(value).split("\n")
  const decoded = lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines), `... (${lines.length - mostLines} more lines)`]
  let parts = 0
  while (parts < raw.length && raw[parts] === other[parts]) parts++
  const from = Math.max(0, parts - 60)
  const bytes = quote(Buffer.from(raw.slice(from, from + 200), "latin1"))
  return [
    ...decoded.map((line) => `      ${shorten(line, 200)}`),
    `    raw${from > 0 ? `, from byte ${from}` : ""}: ${bytes}`
  ].join("\n")
}

const mostLines = 12

const shorten = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most)}... (${text.length - most} more characters)`
