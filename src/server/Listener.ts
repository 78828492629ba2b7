/// <reference types="node" preserve="true" />
/**
 * Where connections come from: TCP ports on several addresses, encrypted or not, and unix sockets. Each listener ends with its scope; the
 * connections that it has accepted do not.
 *
 * Addresses are written as in redis.conf: `*` for all of IPv4, `::*` for all of IPv6, and `-` before one that may be
 * missing.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as NodeTls from "node:tls"
import { untrusted } from "../config/Tls.ts"
import { ListenError } from "./ListenError.ts"
import * as SocketTransport from "./SocketTransport.ts"
import type { Transport } from "./Transport.ts"

export type Accept = (transport: Transport) => unknown

/** Where a listener is bound. */
export interface Bound {
  readonly host: string
  readonly port: number
}

export interface TcpOptions {
  readonly addresses: ReadonlyArray<string>
  /** 0 lets the system choose one. */
  readonly port: number
  readonly backlog: number
  /** Seconds until an idle peer is probed, read for each connection; 0 never. */
  readonly keepAlive: () => number
  /** Encrypts the connections. */
  readonly tls?: NodeTls.TlsOptions
  /** Told why somebody who connected was turned away before a word was said. */
  readonly onRefused?: (reason: string) => void
}

/** What makes an address unusable without anybody being to blame: the protocol is not there. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  "ENOPROTOOPT",
  "EPROTONOSUPPORT",
  "ESOCKTNOSUPPORT",
  "EPFNOSUPPORT",
  "EAFNOSUPPORT"
])

/** Listens on every address or on none. */
export const tcp = (
  options: TcpOptions,
  accept: Accept
): Effect.Effect<ReadonlyArray<Bound>, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const shared = SocketTransport.share()
    const bound: Array<Bound> = []
    for (const address of options.addresses) {
      const optional = address.startsWith("-")
      const host = hostOf(optional ? address.slice(1) : address)
      const server = serverOf(options, (socket) => {
        const keepAlive = options.keepAlive()
        if (keepAlive > 0) socket.setKeepAlive(true, keepAlive * 1000)
        accept(SocketTransport.make(socket, shared))
      })
      const where = { host, port: options.port, backlog: options.backlog, ipv6Only: host.includes(":") }
      const result = yield* Effect.result(listen(server, where))
      if (result._tag === "Success") {
        // A TCP server's address is never a path
        bound.push({ host, port: (server.address() as Net.AddressInfo).port })
        continue
      }
      const { code = "", message } = result.failure
      if ((optional && code === "EADDRNOTAVAIL") || UNSUPPORTED.has(code)) continue
      return yield* new ListenError({
        message: `Failed listening on port ${options.port} (${options.tls === undefined ? "TCP" : "TLS"}), aborting.`,
        details: [`Warning: Could not create server TCP listening socket ${host}:${options.port}: ${message}`]
      })
    }
    return bound
  })

const serverOf = ({ onRefused, tls }: TcpOptions, serve: (socket: Net.Socket) => void): Net.Server => {
  const sockets = { pauseOnConnect: true, noDelay: true, allowHalfOpen: true }
  if (tls === undefined) return Net.createServer(sockets, serve)
  const server = NodeTls.createServer({ ...tls, ...sockets }, (socket) => {
    if (!untrusted(socket)) return serve(socket)
    onRefused?.(String(socket.authorizationError))
    socket.destroy()
  })
  return server.on("tlsClientError", (error) => onRefused?.(reasonOf(error)))
}

/** OpenSSL's own words, where it has some. */
const reasonOf = (error: Error): string => "reason" in error ? String(error.reason) : error.message

const hostOf = (address: string): string => address === "*" ? "0.0.0.0" : address === "::*" ? "::" : address

export interface UnixOptions {
  readonly path: string
  /** Permissions of the socket; 0 leaves them as they come. */
  readonly mode: number
  readonly backlog: number
}

/** Listens on a unix socket; one that a dead server left behind is taken over. */
export const unix = (options: UnixOptions, accept: Accept): Effect.Effect<void, ListenError, Scope.Scope> =>
  Effect.gen(function*() {
    const shared = SocketTransport.share()
    const server = Net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      accept(SocketTransport.make(socket, shared, options.path))
    })
    yield* Effect.sync(() => Fs.rmSync(options.path, { force: true }))
    yield* Effect.mapError(
      listen(server, { path: options.path, backlog: options.backlog }),
      (error) =>
        new ListenError({
          message: "Failed opening Unix socket: bind: " + error.message,
          details: []
        })
    )
    if (options.mode !== 0) yield* Effect.sync(() => Fs.chmodSync(options.path, options.mode))
  })

const listen = (
  server: Net.Server,
  options: Net.ListenOptions
): Effect.Effect<void, NodeJS.ErrnoException, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<void, NodeJS.ErrnoException>((resume) => {
      server.once("error", (error) => resume(Effect.fail(error)))
      server.listen(options, () => resume(Effect.void))
    }),
    // Its callback would wait for the connections too
    () => Effect.sync(() => void server.close())
  )
