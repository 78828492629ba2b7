/** What a run found, for people: the smallest sequences as one would type them, and what each server said. */
import { ReplyParser } from "../../src/resp/ReplyParser.ts"
import { quote, render } from "../support/RawClient.ts"
import type { Finding, Outcome } from "./Campaign.ts"
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
    reply(difference.candidate, difference.reference)
  ].join("\n")

/** One line that sums up, and how to see it again. */
export const summary = ({ commands, findings, steps }: Outcome, seed: number): string => {
  const silent = [...commands].filter(([, tally]) => tally.successes + tally.nulls === 0).map(([name]) => name)
  return [
    `${steps} steps, ${commands.size} commands, seed ${seed}: ${
      findings.length === 0 ? "no difference" : `${findings.length} differences`
    }`,
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

/** What was said, decoded if it is short, and the bytes around the place where the two part. */
const reply = (raw: string, other: string): string => {
  const parser = new ReplyParser()
  parser.push(Buffer.from(raw, "latin1"))
  const value = parser.next()
  const lines = value === undefined || value._tag === "ProtocolError" ? [] : render(value).split("\n")
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
