/** Encrypted connections. */
import * as Codec from "../Codec.ts"
import * as Directive from "../Directive.ts"

const FILE = Codec.text("<path>")

export const Tls = {
  title: "TLS",
  directives: {
    "tls-port": Directive.make({
      codec: Codec.integer(0n, 65535n),
      default: 0n,
      effect: "yes",
      doc: "Port for encrypted connections; 0 opens none."
    }),
    "tls-cert-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Certificate of the server."
    }),
    "tls-key-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Private key of the server."
    }),
    "tls-key-file-pass": Directive.make({
      codec: Codec.secret,
      default: "",
      effect: "yes",
      secret: true,
      refers: true,
      doc: "Passphrase of the private key."
    }),
    "tls-client-cert-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Certificate for connections that the server opens itself."
    }),
    "tls-client-key-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Private key for those connections."
    }),
    "tls-client-key-file-pass": Directive.make({
      codec: Codec.secret,
      default: "",
      effect: "yes",
      secret: true,
      refers: true,
      doc: "Passphrase of that private key."
    }),
    "tls-dh-params-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Parameters for Diffie-Hellman."
    }),
    "tls-ca-cert-file": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Certificates of trusted authorities."
    }),
    "tls-ca-cert-dir": Directive.make({
      codec: FILE,
      default: "",
      effect: "yes",
      refers: true,
      doc: "Folder with certificates of trusted authorities."
    }),
    "tls-auth-clients": Directive.make({
      codec: Codec.oneOf(["no", "yes", "optional"]),
      default: "yes",
      effect: "yes",
      doc: "Whether clients must show a certificate."
    }),
    "tls-replication": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Encrypt the link to the master."
    }),
    "tls-cluster": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Encrypt the links between the nodes of a cluster, and those of MIGRATE."
    }),
    "tls-protocols": Directive.make({
      codec: Codec.text("<versions>"),
      default: "",
      effect: "yes",
      refers: true,
      doc: "Protocol versions to allow, separated by spaces; empty allows the usual ones."
    }),
    "tls-ciphers": Directive.make({
      codec: Codec.text("<ciphers>"),
      default: "",
      effect: "yes",
      refers: true,
      doc: "Ciphers to allow up to TLS 1.2."
    }),
    "tls-ciphersuites": Directive.make({
      codec: Codec.text("<ciphersuites>"),
      default: "",
      effect: "yes",
      refers: true,
      doc: "Ciphers to allow in TLS 1.3."
    }),
    "tls-prefer-server-ciphers": Directive.make({
      codec: Codec.yesNo,
      default: false,
      effect: "yes",
      doc: "Let the server's order of ciphers decide."
    }),
    "tls-session-caching": Directive.make({
      codec: Codec.yesNo,
      default: true,
      effect: "yes",
      doc: "Let clients resume sessions."
    }),
    "tls-session-cache-size": Directive.make({
      codec: Codec.integer(0n),
      default: 20480n,
      doc: "Sessions that can be resumed."
    }),
    "tls-session-cache-timeout": Directive.make({
      codec: Codec.integer(0n),
      default: 300n,
      effect: "yes",
      doc: "Seconds for which a session can be resumed."
    })
  }
} as const
