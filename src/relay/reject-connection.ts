import type { Duplex } from 'node:stream'

export interface FailedConnection {
  readonly error: NodeJS.ErrnoException
  readonly socket: Duplex
  /** Whether the answer to an earlier request is on its way. */
  readonly isAnswering: boolean
  /** Logs a text unless it was logged before. */
  readonly warn: (text: string) => void
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Codes of errors in what a client sent as HTTP; others are of TLS or of the network. */
const HTTP_ERROR = /^(HPE|ERR_HTTP)_/

/** Codes of a client that left, in the middle of a request or of an answer. That is normal and not logged. */
const CLIENT_GONE: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'HPE_INVALID_EOF_STATE',
])

/** Closes a connection that failed; the client gets an answer where that is possible. */
export function rejectConnection({ error, socket, isAnswering, warn }: FailedConnection): void {
  const { code = 'unknown' } = error
  const isOfHttp = HTTP_ERROR.test(code)
  if (!CLIENT_GONE.has(code)) {
    warn(`closed a connection: ${isOfHttp ? 'malformed HTTP request' : 'the TLS handshake failed'} (${code})`)
  }
  // An answer that is on its way must not be mixed with another, and during a handshake nothing can be written.
  if (isAnswering || !isOfHttp) return void socket.destroy()
  const line = STATUS_LINES[code] ?? '400 Bad Request'
  if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  // A client that does not read the answer, or goes on sending, is not waited for.
  if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
  else socket.destroy()
}
