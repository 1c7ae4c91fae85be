import type { SourceError, SourceResult } from '../model/source-result.ts'
import { InvalidDataError } from './body.ts'
import { describeNetworkFailure } from './network-failure.ts'
import { RedirectRefusedError } from './redirects.ts'
import { certificateProblem } from './tls.ts'
import type { HttpResponse } from './transport.ts'

type Failure = Extract<SourceResult, { type: 'interrupted' | 'terminalError' }>

const REFUSALS: ReadonlySet<number> = new Set([401, 403])

export interface RequestInfo {
  readonly url: string
  readonly notFoundHint?: string | undefined
  /** The credential of the request. Default `SDK key`. */
  readonly credential?: string
}

/** Recognizes the answer to a wrong or revoked credential. */
export function isRefusal(status: number | undefined): boolean {
  return status !== undefined && REFUSALS.has(status)
}

/** Returns the failure for an unexpected answer. This is the only place that decides whether a retry makes sense. */
export function classifyResponse(
  { status, headers, via }: HttpResponse,
  now: number,
  request: RequestInfo,
): Failure {
  const retryAfterMs = readRetryAfter(headers['retry-after'], now)
  const hint = hintFor(status, request)
  const server = via === undefined ? 'the server' : `the server or the proxy ${via}`
  const error: SourceError = {
    kind: 'error_response',
    message: `${server} answered ${status}${hint === undefined ? '' : ` (${hint})`}`,
    status,
    ...(status === 404 && hint !== undefined && { hint }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  return { type: isPermanent(status) ? 'terminalError' : 'interrupted', error }
}

function hintFor(
  status: number,
  { url, notFoundHint, credential = 'SDK key' }: RequestInfo,
): string | undefined {
  if (status === 404) return notFoundHint
  // Many servers answer 400 to a request without TLS at a port for TLS.
  if (status === 400 && url.startsWith('http:')) return 'if it speaks TLS at this port, use https://'
  return isRefusal(status) ? `is the ${credential} right?` : undefined
}

export function classifyFailure(failure: unknown): Failure {
  if (failure instanceof InvalidDataError) return interrupted('invalid_data', failure.message)
  if (failure instanceof RedirectRefusedError) {
    const { message, status } = failure
    return { type: 'terminalError', error: { kind: 'error_response', message, status } }
  }
  const problem = certificateProblem(failure)
  if (problem) return { type: 'terminalError', error: { kind: 'network_error', message: problem } }
  return interrupted('network_error', describeNetworkFailure(failure))
}

export function interrupted(kind: SourceError['kind'], message: string): Failure {
  return { type: 'interrupted', error: { kind, message } }
}

/** Recognizes a client error that a retry cannot fix. 400, 408 and 429 can be temporary (D9). */
function isPermanent(status: number): boolean {
  return status >= 400 && status < 500 && status !== 400 && status !== 408 && status !== 429
}

/** Returns the milliseconds until a `Retry-After`, which is in seconds or an HTTP date; `undefined` for any other text. */
function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
