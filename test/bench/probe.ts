/**
 * A client that sends one PING after the other, notes the longest time it waited for a PONG, and prints it in milliseconds when its
 * standard input ends. A program of its own, so that what keeps the benchmark busy does not count as the server's pause.
 */
import { connect } from "node:net"

const socket = connect(Number(process.argv[2]), "127.0.0.1")
socket.setNoDelay(true)
const ping = Buffer.from("PING\r\n")
let longest = 0
let sent = 0
const send = () => {
  sent = performance.now()
  socket.write(ping)
}
socket.on("connect", send)
socket.on("data", () => {
  longest = Math.max(longest, performance.now() - sent)
  // A pause between the questions: it watches, it is no load.
  setTimeout(send, 0.5)
})
socket.on("error", () => process.exit(1))
process.stdin.resume()
process.stdin.on("end", () => {
  process.stdout.write(`${longest.toFixed(2)}\n`)
  process.exit(0)
})
