/** What a code of Node means, and what to do about it. */
const MEANING: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no server listens at %; check host and port, and that the server runs',
  ENOTFOUND: 'the host name % is unknown; check its spelling',
  EAI_AGAIN: 'the host name % cannot be looked up now; check DNS',
  EHOSTUNREACH: 'there is no route to %; check address and network',
  ENETUNREACH: 'there is no route to %; check address and network',
  ETIMEDOUT: '% does not answer; check address, network and firewall',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'the server does not speak TLS at this port; use http:// or the port for https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'the server does not speak TLS at this port; use http:// or the port for https',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server refuses the TLS version; it has to allow TLS 1.2 or 1.3',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server offers no TLS version in use; it has to allow TLS 1.2 or 1.3',
  EMFILE: 'this process cannot open any more files; raise the limit (ulimit -n)',
  ENFILE: 'this machine cannot open any more files; raise its limit (fs.file-max)',
  HPE_INVALID_CONSTANT: 'the server does not speak HTTP at this port; if it speaks TLS, use https://',
}

/** An error of a connection, as Node makes it. */
interface SystemError extends Error {
  readonly code?: unknown
  readonly address?: string
  readonly hostname?: string
  readonly port?: number
}

/** Returns why a connection failed, in one line: where, why, and what to do. Unfolds an `AggregateError`. */
export function describeNetworkFailure(failure: unknown): string {
  const errors = unfolded(failure).filter((error) => error instanceof Error) as readonly SystemError[]
  const [first] = errors
  if (!first) return String(failure)
  const code = typeof first.code === 'string' ? first.code : ''
  const meaning = MEANING[code]
  if (meaning && errors.every((error) => error.code === code)) {
    const places = [...new Set(errors.map(placeOf))].filter(Boolean).join(' and ')
    if (places || !meaning.includes('%')) return `${meaning.replace('%', places)} (${code})`
  }
  return [...new Set(errors.map(plainly))].join('; ')
}

function unfolded(failure: unknown): readonly unknown[] {
  return failure instanceof AggregateError && failure.errors.length > 0
    ? failure.errors.flatMap(unfolded)
    : [failure]
}

function placeOf({ address, hostname, port }: SystemError): string {
  const host = address ?? hostname ?? ''
  if (port === undefined) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function plainly(error: SystemError): string {
  const [line = ''] = (error.message || error.name).split('\n')
  return typeof error.code === 'string' && !line.includes(error.code) ? `${line} (${error.code})` : line
}
