import type { Duplex } from 'node:stream'

export interface FailedConnection {
  readonly error: NodeJS.ErrnoException
  readonly socket: Duplex
  /** True if an earlier request of the connection is being answered. */
  readonly isAnswering: boolean
  /** Logs a text unless it was logged before. */
  readonly warn: (text: string) => void
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Codes of malformed HTTP; other codes are those of TLS or of the network. */
const HTTP_ERROR = /^(HPE|ERR_HTTP)_/

/** Codes of clients that left during a request or an answer, which is normal and not logged. */
const CLIENT_GONE: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'HPE_INVALID_EOF_STATE',
])

/** Closes a connection that failed, with an HTTP answer if that is possible. */
export function rejectConnection({ error, socket, isAnswering, warn }: FailedConnection): void {
  const { code = 'unknown' } = error
  const isOfHttp = HTTP_ERROR.test(code)
  if (!CLIENT_GONE.has(code)) {
    warn(`closed a connection: ${isOfHttp ? 'malformed HTTP request' : 'the TLS handshake failed'} (${code})`)
  }
  // Nothing may be written into another answer or a TLS handshake.
  if (isAnswering || !isOfHttp) return void socket.destroy()
  const line = STATUS_LINES[code] ?? '400 Bad Request'
  if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  // Does not wait for clients that do not read the answer or continue to send.
  if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
  else socket.destroy()
}
