import { StoreError } from '../../model/errors.ts'
import { classifyFailure } from '../../transport/classify.ts'
import type { Answer } from './consul-client.ts'

/** Longest part of an answer that is repeated. */
const LONGEST_REASON = 200

/** What an answer nobody wanted means. It is repeated, as Consul explains itself there; without a token. */
export function unwanted(name: string, { status, text }: Answer, token: string | undefined): StoreError {
  const [line = ''] = text.trim().split('\n')
  const safe = token === undefined ? line : line.replaceAll(token, '***')
  const said = `${status}${safe && `: ${safe.slice(0, LONGEST_REASON)}`}`
  const isDenied = status === 401 || status === 403
  const hint = isDenied ? '; is the token right?' : ''
  const kind = mayPass(status) ? 'unavailable' : 'refused'
  return new StoreError(kind, `${name} answered ${said}${hint}`, isDenied ? { cause: DENIED } : {})
}

/** What a call that failed means. */
export function failed(name: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const failure = classifyFailure(error)
  // A certificate that is not believed, or something else that trying again does not mend.
  const kind = failure.type === 'terminalError' ? 'refused' : 'unavailable'
  return new StoreError(kind, `${name} does not answer: ${failure.error.message}`, { cause: error })
}

/** Consul does not let the token do something: told in so many words, or by leaving out what was asked for. */
export function denied(name: string, what: string): StoreError {
  return new StoreError('refused', `${name} does not allow: ${what}; is the token right?`, {
    cause: DENIED,
  })
}

/** The reason without the key that was asked for, because a reason is logged once. */
const DENIED = new Error('the token lacks a permission')

/** Without a leader a cluster answers 500, and so it does for much else. */
function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}
