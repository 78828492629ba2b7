/**
 * A collector of OpenTelemetry's protocol that only counts the spans it gets. It prints its port, and then their
 * count for every line on its standard input.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const MARK = Buffer.from("\"spanId\":")

let spans = 0

/** Its parents' ids are named otherwise, and nothing has links. */
const count = (body: Buffer): number => {
  let found = 0
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.length)) found++
  return found
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
    response.end("{}")
    if (request.url !== "/v1/traces") return
    spans += count(Buffer.concat(chunks))
  })
})

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo // it listens on TCP
  process.stdout.write(`${port}\n`)
})

process.stdin.on("data", () => process.stdout.write(`${spans}\n`)).on("end", () => process.exit(0))
