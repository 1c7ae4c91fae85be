import type { SourceError } from '../../model/source-result.ts'
import { HANGING_MS, type UnansweredView } from '../unanswered.ts'
import type { EnvironmentView } from '../view.ts'

/** The reason of a problem in a few words, which are equal for equal reasons so that they can be counted. */
export interface Cause {
  readonly text: string
  /** The time since which a service has not answered. */
  readonly since?: number
  /** Host and port of a service that does not answer. */
  readonly address?: string
}

const NO_ANSWER = 'no answer'

/** Causes by a pattern of the message of a network error. */
const NETWORK_CAUSES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ENOTFOUND/, 'unknown host name'],
  [/EAI_AGAIN/, 'host name cannot be looked up'],
  [/EHOSTUNREACH|ENETUNREACH/, 'no route to the service'],
  [/the proxy/, 'proxy refuses the connection'],
  [/ETIMEDOUT|_TIMEOUT|no (complete )?answer|no byte for|does not answer/, NO_ANSWER],
  [/certificate|TLS|SSL|EPROTO/, 'TLS failed'],
  [/closed|ECONNRESET|EPIPE|terminated|aborted/, 'connection closed'],
]

/** Returns the cause of a source that is not valid: a service that hangs, or its last error. */
export function causeOf({ source, unanswered }: EnvironmentView, now: number): Cause | undefined {
  if (unanswered && now - unanswered.since >= HANGING_MS) return hanging(unanswered)
  const { state, since, lastError } = source
  // An error from before an interruption is not its cause.
  if (!lastError || (state === 'interrupted' && lastError.at < since)) return undefined
  const text = textOf(lastError)
  return text === NO_ANSWER ? { text, since } : { text }
}

function hanging({ since, address }: UnansweredView): Cause {
  return { text: NO_ANSWER, since, address: new URL(address).host }
}

function textOf({ kind, status, message }: SourceError): string {
  switch (kind) {
    case 'error_response':
      return status === 401 || status === 403 ? `key refused (${status})` : `the service answers ${status}`
    case 'network_error':
      return NETWORK_CAUSES.find(([pattern]) => pattern.test(message))?.[1] ?? 'network error'
    case 'invalid_data':
      return 'invalid data'
    case 'store_error':
      return 'database error'
    case 'unknown':
      return 'error of the source'
    default:
      return kind satisfies never
  }
}
