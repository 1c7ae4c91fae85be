import { OPEN_FILE_LIMITS } from '../model/error-text.ts'
import { type FailurePlace, failurePlace } from './failure-place.ts'

const NO_TLS = 'the server does not speak TLS at this port; use http:// or the port for https'
const NO_HTTP = 'the server does not speak HTTP at this port; if it speaks TLS, use https://'
const TLS_VERSION = 'client and server have no TLS version in common; the server has to allow TLS 1.2 or 1.3'

/** The code of an error that undici wraps around another, of the connection to a proxy. */
const PROXY_FAILED = 'UND_ERR_PRX_CONN'

/** Explanations and remedies by the error code of Node.js or undici. `%` stands for the addresses. */
const MEANING: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no server listens at %; check host and port, and that the server runs',
  ENOTFOUND: 'the host name % is unknown; check its spelling',
  EAI_AGAIN: 'the host name % cannot be looked up now; check DNS',
  EHOSTUNREACH: 'there is no route to %; check address and network',
  ENETUNREACH: 'there is no route to %; check address and network',
  ETIMEDOUT: '% does not answer; check address, network and firewall',
  ...OPEN_FILE_LIMITS,
  UND_ERR_CONNECT_TIMEOUT: 'the server does not answer; check address, network and firewall',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  HPE_INVALID_CONSTANT: NO_HTTP,
}

/**
 * Explanations and remedies of OpenSSL errors, by a pattern of the code. The message of OpenSSL is not shown, because
 * it has several lines of internals.
 */
const TLS_MEANING: readonly (readonly [RegExp, string])[] = [
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_PROTOCOLS/, TLS_VERSION],
  [
    /HANDSHAKE_FAILURE|NO_SHARED_CIPHER|INSUFFICIENT_SECURITY/,
    'client and server have no cipher suite in common, or the server wants a certificate (tls.cert and tls.key)',
  ],
  [
    /CERTIFICATE|UNKNOWN_CA/,
    'the server does not accept the certificate of this client; check tls.cert and tls.key',
  ],
  [/UNRECOGNIZED_NAME/, 'the server does not know the host name; check the host, or give tls.servername'],
]

interface SystemError extends Error {
  readonly code?: unknown
  readonly address?: string
  readonly hostname?: string
  readonly port?: number
  readonly reason?: string
  readonly socket?: { readonly bytesRead?: number } | null
}

/**
 * Describes a failed connection in one line: place, cause and remedy. Unfolds an `AggregateError`, and the errors that
 * undici wraps around that of a proxy.
 */
export function describeNetworkFailure(failure: unknown): string {
  const place = failurePlace(failure)
  const reason = reasonOf(failure, place)
  return place && !reason.includes(place.text) ? `${place.text}: ${reason}` : reason
}

/** Recognizes a failure of a connection or of TLS by the code of Node.js, or by that of one of several attempts. */
export function isNetworkFailure(failure: unknown): boolean {
  const [first] = unfolded(failure)
  const { code } = (first ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' && (MEANING[code] !== undefined || /^ERR_SSL_|^EPROTO$/.test(code))
}

function reasonOf(failure: unknown, place: FailurePlace | undefined): string {
  const errors = unfolded(failure).filter((error) => error instanceof Error) as readonly SystemError[]
  const [first] = errors
  if (!first) return String(failure)
  const code = typeof first.code === 'string' ? first.code : ''
  const meaning = MEANING[code]
  if (meaning && errors.every((error) => error.code === code)) {
    const places = [...new Set(errors.map(placeOf))].filter(Boolean).join(' and ')
    if (places || !meaning.includes('%')) return `${meaning.replace('%', places)} (${code})`
  }
  return [...new Set(errors.map((error) => describeError(error, place, failure)))].join('; ')
}

function unfolded(failure: unknown): readonly unknown[] {
  if (failure instanceof AggregateError && failure.errors.length > 0) return failure.errors.flatMap(unfolded)
  const { code, cause } = (failure ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  return code === PROXY_FAILED && cause !== failure && cause ? unfolded(cause) : [failure]
}

function placeOf({ address, hostname, port }: SystemError): string {
  const host = address ?? hostname ?? ''
  if (port === undefined) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function describeError(error: SystemError, place: FailurePlace | undefined, whole: unknown): string {
  const [line = ''] = (error.message || error.name).split('\n')
  const code = typeof error.code === 'string' ? error.code : ''
  const status = /^Proxy response \((\d+)\) |^Proxy Authentication Required \((407)\)/.exec(line)
  if (status) return proxyRefusal(Number(status[1] ?? status[2]))
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return `${tlsMeaning(error, line)} (${code})`
  if (line === 'other side closed') return `${closed(error, place, whole)} (${code})`
  if (line.startsWith('Client network socket disconnected before secure TLS connection'))
    return `the server closed the connection during the TLS handshake; check that it speaks TLS at this port (${code})`
  if (line.includes('Expected HTTP/')) return `${NO_HTTP} (${line})`
  return code !== '' && !line.includes(code) ? `${line} (${code})` : line
}

function proxyRefusal(status: number): string {
  const remedies: Readonly<Record<number, string>> = {
    403: 'it has to allow this host',
    407: 'give its user and password in the URL of the proxy',
  }
  const remedy =
    remedies[status] ??
    (status >= 500 ? 'check the host, and that the proxy reaches it' : 'check the URL of the proxy')
  return `the proxy answered ${status}; ${remedy}`
}

function tlsMeaning({ code, reason }: SystemError, line: string): string {
  const summary = reason ?? /:SSL routines:[^:]*:([^:]+):/.exec(line)?.[1] ?? 'the handshake failed'
  const name = `${String(code)} ${summary.toUpperCase().replaceAll(' ', '_')}`
  if (name.includes('WRONG_VERSION_NUMBER') || name.includes('PACKET_LENGTH_TOO_LONG')) return NO_TLS
  return TLS_MEANING.find(([pattern]) => pattern.test(name))?.[1] ?? `TLS failed: ${summary}`
}

/** A server that expects TLS closes a connection without TLS, usually without an answer. */
function closed({ socket }: SystemError, place: FailurePlace | undefined, whole: unknown): string {
  const isTunnel = (whole as SystemError).code === PROXY_FAILED
  const { protocol, proxyProtocol } = place ?? {}
  const isProxy = proxyProtocol !== undefined && (isTunnel || protocol === 'http:')
  const isPlain = (isProxy ? proxyProtocol : protocol) === 'http:' && !socket?.bytesRead
  const hint = isPlain ? ' without an answer; if it speaks TLS at this port, use https://' : ''
  return `the ${isProxy ? 'proxy' : 'server'} closed the connection${hint}`
}
