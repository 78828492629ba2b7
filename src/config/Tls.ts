/**
 * What the `tls-*` directives say, as options of Node's `tls`: `listening` for those who connect to the server,
 * `connecting` for connections of its own. Files are read anew each time, so that setting a directive again takes up a
 * renewed certificate. Failures are in redis-server's words.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as NodeTls from "node:tls"
import { systemText } from "./directives/Directory.ts"
import type { Name, Values } from "./Registry.ts"

/** Why encrypted connections are not to be had. */
export class TlsError extends Data.TaggedError("TlsError")<{ readonly message: string }> {}

/** The directives that this follows from. */
export const names = [
  "tls-cert-file",
  "tls-key-file",
  "tls-key-file-pass",
  "tls-client-cert-file",
  "tls-client-key-file",
  "tls-client-key-file-pass",
  "tls-dh-params-file",
  "tls-ca-cert-file",
  "tls-ca-cert-dir",
  "tls-auth-clients",
  "tls-replication",
  "tls-cluster",
  "tls-protocols",
  "tls-ciphers",
  "tls-ciphersuites",
  "tls-prefer-server-ciphers",
  "tls-session-caching",
  "tls-session-cache-timeout"
] as const satisfies ReadonlyArray<Name>

/** Whether anything is to be encrypted. */
export const wanted = (values: Values): boolean =>
  values["tls-port"] !== 0 || values["tls-replication"] || values["tls-cluster"]

/** Options of a listener. With `optional`, who accepts has to turn away `untrusted` sockets. */
export const listening = (values: Values): Effect.Effect<NodeTls.TlsOptions, TlsError> =>
  attempt(() => ({
    ...common(values),
    ...identity(values["tls-cert-file"], values["tls-key-file"], values["tls-key-file-pass"]),
    ...dhParameters(values["tls-dh-params-file"]),
    honorCipherOrder: values["tls-prefer-server-ciphers"],
    requestCert: values["tls-auth-clients"] !== "no",
    rejectUnauthorized: values["tls-auth-clients"] === "yes",
    sessionTimeout: values["tls-session-cache-timeout"],
    handshakeTimeout: HANDSHAKE_MILLIS
  }))

/** Options of a connection to another server, whose certificate must come from a trusted authority, whatever its name. */
export const connecting = (values: Values): Effect.Effect<NodeTls.ConnectionOptions, TlsError> =>
  attempt(() => {
    const own = values["tls-client-cert-file"] !== ""
      ? identity(values["tls-client-cert-file"], values["tls-client-key-file"], values["tls-client-key-file-pass"])
      : identity(values["tls-cert-file"], values["tls-key-file"], values["tls-key-file-pass"])
    return { ...common(values), ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined }
  })

/** Fails unless all that the directives name is there and fits. */
export const check = (values: Values): Effect.Effect<void, TlsError> =>
  Effect.asVoid(Effect.all([listening(values), connecting(values)]))

/** Whether a socket has shown a certificate that no trusted authority vouches for. */
export const untrusted = (socket: NodeTls.TLSSocket): boolean =>
  !socket.authorized && Object.keys(socket.getPeerCertificate()).length > 0

// ---- parts

/** Time that a peer has to prove itself. */
const HANDSHAKE_MILLIS = 10_000

const attempt = <A>(read: () => A): Effect.Effect<A, TlsError> =>
  Effect.try({
    try: read,
    catch: (error) => error instanceof TlsError ? error : new TlsError({ message: String(error) })
  })

/** Runs a step; whatever it throws is told in the words of `what`. */
const step = <A>(what: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    throw new TlsError({ message: `${what}: ${systemText(error)}` })
  }
}

const common = (values: Values): NodeTls.SecureContextOptions => {
  if (values["tls-cert-file"] === "") throw new TlsError({ message: "No tls-cert-file configured!" })
  if (values["tls-key-file"] === "") throw new TlsError({ message: "No tls-key-file configured!" })
  return {
    ...authorities(values),
    ...protocols(values["tls-protocols"], values["tls-session-caching"]),
    ...ciphers(values["tls-ciphers"], values["tls-ciphersuites"])
  }
}

const authorities = (values: Values): NodeTls.SecureContextOptions => {
  const file = values["tls-ca-cert-file"]
  const folder = values["tls-ca-cert-dir"]
  if (file === "" && folder === "") {
    if (values["tls-cluster"] || values["tls-replication"] || values["tls-auth-clients"] !== "no") {
      throw new TlsError({
        message: "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, tls-replication or "
          + "tls-auth-clients are enabled!"
      })
    }
    return {}
  }
  return step("Failed to configure CA certificate(s) file/directory", () => {
    const ca = [...(file === "" ? [] : [Fs.readFileSync(file)]), ...(folder === "" ? [] : certificatesIn(folder))]
    // OpenSSL looks a certificate up by a hash in its name; here all of them are read
    NodeTls.createSecureContext({ ca })
    return { ca }
  })
}

const certificatesIn = (folder: string): ReadonlyArray<Buffer> =>
  Fs.readdirSync(folder)
    .map((name) => Path.join(folder, name))
    .filter((path) => Fs.statSync(path).isFile())
    .map((path) => Fs.readFileSync(path))
    .filter((bytes) => bytes.includes("-----BEGIN CERTIFICATE-----"))

const identity = (certificate: string, key: string, pass: Uint8Array): NodeTls.SecureContextOptions => {
  const cert = step(`Failed to load certificate: ${certificate}`, () => {
    const bytes = Fs.readFileSync(certificate)
    NodeTls.createSecureContext({ cert: bytes })
    return bytes
  })
  return step(`Failed to load private key: ${key}`, () => {
    const passphrase = pass.length === 0 ? {} : { passphrase: Buffer.from(pass).toString() }
    const pair = { cert, key: Fs.readFileSync(key), ...passphrase }
    NodeTls.createSecureContext(pair)
    return pair
  })
}

const dhParameters = (file: string): NodeTls.SecureContextOptions => {
  if (file === "") return {}
  const dhparam = step(`Failed to load ${file}`, () => Fs.readFileSync(file))
  return step("Failed to read DH params", () => {
    NodeTls.createSecureContext({ dhparam })
    return { dhparam }
  })
}

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const
const {
  SSL_OP_NO_TICKET,
  SSL_OP_NO_TLSv1,
  SSL_OP_NO_TLSv1_1,
  SSL_OP_NO_TLSv1_2,
  SSL_OP_NO_TLSv1_3
} = Crypto.constants
const WITHOUT = [SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3]

/** Sessions are resumed by tickets, which clients hold. */
const protocols = (text: string, tickets: boolean): NodeTls.SecureContextOptions => {
  const words = text.split(" ").filter((word) => word !== "").map((word) => word.toLowerCase())
  const known = VERSIONS.map((version) => version.toLowerCase())
  if (words.some((word) => !known.includes(word))) {
    throw new TlsError({
      message: "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' and 'TLSv1.3'."
    })
  }
  const wanted = words.length === 0 ? VERSIONS.slice(2) : VERSIONS.filter((_, i) => words.includes(known[i] ?? ""))
  const refused = WITHOUT.filter((_, i) => !wanted.includes(VERSIONS[i] ?? "TLSv1"))
  return {
    minVersion: wanted[0] ?? "TLSv1.2",
    maxVersion: wanted.at(-1) ?? "TLSv1.3",
    secureOptions: [...refused, ...(tickets ? [] : [SSL_OP_NO_TICKET])].reduce((all, one) => all | one, 0)
  }
}

/** Node takes the ciphers of all versions as one list; those of TLS 1.3 have names of their own. */
const ciphers = (upTo12: string, of13: string): NodeTls.SecureContextOptions => {
  if (upTo12 === "" && of13 === "") return {}
  const usual = NodeTls.DEFAULT_CIPHERS.split(":")
  const part = (what: string, given: string, fallback: ReadonlyArray<string>): string => {
    if (given === "") return fallback.join(":")
    step(`Failed to configure ${what}: ${given}`, () => NodeTls.createSecureContext({ ciphers: given }))
    return given
  }
  const suites = part("ciphersuites", of13, usual.filter((name) => name.startsWith("TLS_")))
  const older = part("ciphers", upTo12, usual.filter((name) => !name.startsWith("TLS_")))
  return { ciphers: `${suites}:${older}` }
}
