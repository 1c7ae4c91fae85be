import { once } from 'node:events'
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps, type RequestOptions } from 'node:https'
import { systemClock } from '../async/clock.ts'
import { withDeadline } from '../async/signals.ts'
import { reasonOf } from '../model/error-text.ts'
import { printable } from '../model/text.ts'

interface ProbeRequest {
  readonly url: string
  readonly options: RequestOptions
  /** Time for the whole request, in milliseconds. */
  readonly timeoutMs: number
}

/** Returns why the relay did not answer with 200, or `undefined` if it did. */
export async function probeFailure(
  { url, options, timeoutMs }: ProbeRequest,
  parent: AbortSignal,
): Promise<string | undefined> {
  const start = systemClock.monotonic()
  try {
    const { status, body } = await withDeadline(systemClock, timeoutMs, parent, (signal) =>
      answerOf(url, { ...options, signal }),
    )
    return status === 200 ? undefined : refusalText(status, body)
  } catch (error) {
    if (systemClock.monotonic() - start >= timeoutMs) return `no answer within ${timeoutMs / 1_000} s`
    const { code = '' } = error as NodeJS.ErrnoException
    const hint = Object.entries(HINTS).find(([codes]) => codes.split(' ').includes(code))?.[1]
    return hint === undefined ? lineOf(reasonOf(error)) : `${hint} (${code})`
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is the relay running, and is this its port?',
  'EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_PACKET_LENGTH_TOO_LONG':
    'no TLS handshake; does the relay serve http there?',
  'ECONNRESET HPE_INVALID_CONSTANT':
    'the connection was closed without an answer; does the relay serve https there?',
}

const MAX_BODY = 64 * 1_024

async function answerOf(
  url: string,
  options: RequestOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  const request = (url.startsWith('https:') ? getHttps : getHttp)(url, { ...options, agent: false })
  // An abort while the body is read is reported by the response.
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) {
    body += String(chunk)
    if (body.length > MAX_BODY) break
  }
  request.destroy()
  return { status: response.statusCode ?? 0, body }
}

const MAX_NAMED = 3

/** Returns what `/readyz` reports, or the status if the answer is not that of a relay. */
function refusalText(status: number, body: string): string {
  const document = parsed(body)
  if (document?.status === 'closing') return 'it is shutting down'
  const failing = Object.entries(document?.failing ?? {}).map(
    ([name, failures]) => `${name}: ${Object.values(failures ?? {}).join(', ')}`,
  )
  if (failing.length === 0) return `status ${status}; is this the address of a relay?`
  const more = failing.length - MAX_NAMED
  return lineOf(failing.slice(0, MAX_NAMED).join('; ')) + (more > 0 ? `; and ${more} more` : '')
}

const MAX_LINE = 1_000

function lineOf(text: string): string {
  return printable(text.slice(0, MAX_LINE)).replaceAll('\n', ' ')
}

interface ReadyDocument {
  readonly status?: unknown
  readonly failing?: Readonly<Record<string, object | null>>
}

function parsed(body: string): ReadyDocument | undefined {
  try {
    return JSON.parse(body) as ReadyDocument
  } catch {
    return undefined
  }
}
