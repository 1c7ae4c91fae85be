import type { ConnectionOptions } from 'node:tls'
import { handleRejection } from '../async/call-safely.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import { failurePlace } from './failure-place.ts'

/** The content of a PEM file, not its path. */
export type Pem = string | Buffer

/** TLS options of connections to the service. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of those of Node.js. */
  readonly ca?: Pem | readonly Pem[]
  /** The client certificate with its chain. Requires `key`. */
  readonly cert?: Pem
  /** The private key of `cert`. Required with it. */
  readonly key?: Pem
  /** The passphrase of `key`. */
  readonly passphrase?: string
  /** The host name to request and to expect in the certificate. Default: the host of the URL. */
  readonly servername?: string
  /** `never` accepts every certificate, also of proxies, and logs a warning. Default `always`. */
  readonly verify?: 'always' | 'never'
}

/** {@link TlsOptions} with further options of `tls.connect` of Node.js. */
export interface ServiceTlsOptions extends Omit<TlsOptions, 'cert' | 'key'> {
  /** Client certificates, each with its chain. Require `key`. */
  readonly cert?: Pem | readonly Pem[]
  /** The key of each certificate, or an object with the key as `pem` and its own `passphrase`. */
  readonly key?: Pem | readonly (Pem | object)[]
  /** Certificate and key in one PKCS #12 file (its content, not its path), or a list of objects with `buf` and `passphrase`. */
  readonly pfx?: string | Buffer | readonly (string | Buffer | object)[]
  /** Cipher suites to offer, in the syntax of OpenSSL, to proxies too. Default: those of Node.js. */
  readonly ciphers?: string
  /** The only TLS version to use, for example `TLSv1_2_method`, with proxies too. Default: 1.2 and 1.3. */
  readonly secureProtocol?: string
  /** Judges the certificate of the service in place of Node's comparison of names; returns an error to refuse it. */
  readonly checkServerIdentity?: NonNullable<ConnectionOptions['checkServerIdentity']>
}

type Trust = Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized' | 'ciphers' | 'secureProtocol'>
type Proof = Pick<
  ConnectionOptions,
  'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'checkServerIdentity'
>

export function serviceTls(tls: ServiceTlsOptions = {}): Trust & Proof {
  const { ca: _ca, verify: _verify, checkServerIdentity: check, ...proof } = tls
  return {
    ...(proof as Proof),
    ...(check && { checkServerIdentity: guarded(check) }),
    ...proxyTls(tls),
  }
}

/** Returns a `checkServerIdentity` that never throws: Node.js calls it outside of a promise, so an exception would end the process. */
function guarded(check: NonNullable<ConnectionOptions['checkServerIdentity']>): typeof check {
  return (host, peer) => {
    try {
      const refusal: unknown = check(host, peer)
      // The promise of an async function counts as a refusal, because Node.js does not wait for it.
      handleRejection(refusal, () => {})
      return refusal === undefined || refusal instanceof Error ? refusal : new Error(errorText(refusal))
    } catch (error) {
      return new Error(`tls.checkServerIdentity threw: ${reasonOf(error)}`)
    }
  }
}

/** Returns the TLS options of connections to a proxy, which never receives the client certificate. */
export function proxyTls({ ca, verify = 'always', ciphers, secureProtocol }: ServiceTlsOptions = {}): Trust {
  return {
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
    rejectUnauthorized: verify === 'always',
    ...(ca !== undefined && { ca: ca as NonNullable<Trust['ca']> }),
    ...(ciphers !== undefined && { ciphers }),
    ...(secureProtocol !== undefined && { secureProtocol }),
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_UNTRUSTED',
  ].map((code) => [code, 'to trust its authority, give that as tls.ca (in a relay: caCertFiles)'] as const),
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].map(
    (code) => [code, 'the server needs another one, or a clock is wrong'] as const,
  ),
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'].map(
    (code) => [code, 'check the host, or give the expected name as tls.servername'] as const,
  ),
  ...[
    'CERT_REVOKED',
    'CERT_REJECTED',
    'CERT_CHAIN_TOO_LONG',
    'CERT_SIGNATURE_FAILURE',
    'CRL_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_SIGNATURE_FAILURE',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_GET_CRL',
    // Faults without a code of their own, for example a weak key.
    'UNSPECIFIED',
  ].map((code) => [code, 'the server needs another one'] as const),
])

const MAX_DEPTH = 8

/**
 * Returns the fault of the server's certificate and its place, if that is the cause of a failed request. Returns `undefined`
 * for every other failure, also if the server refuses the client certificate.
 */
export function certificateProblem(failure: unknown): string | undefined {
  const problem = problemOf(failure)
  const place = problem && failurePlace(failure)
  return place ? `${place.text}: ${problem}` : problem
}

function problemOf(failure: unknown, depth = 0): string | undefined {
  if (!(failure instanceof Error) || depth > MAX_DEPTH) return undefined
  const { code = '' } = failure as NodeJS.ErrnoException
  const advice = ADVICE.get(code)
  if (advice) return `the certificate is not trusted: ${certificateReason(failure)} (${code}); ${advice}`
  const within = failure instanceof AggregateError ? failure.errors : []
  for (const inner of [failure.cause, ...within]) {
    const problem = problemOf(inner, depth + 1)
    if (problem) return problem
  }
  return undefined
}

/** Returns the message of Node.js without its advice, in place of which the remedy is printed. */
function certificateReason({ message }: Error): string {
  return message.replace(/; if the root CA is installed locally, .*$/s, '').replace(/\.$/, '')
}
