import type { SourceError } from '../../model/source-result.ts'
import { type Finding, failed } from './checks.ts'

/** The remedy in a message of a transport or a store, which follows a semicolon. */
const OWN_REMEDY = /; ((?:allow|check|give|install|provide|set|to trust|use)\b.*?)(?= \([A-Z\d_]+\)$|$)/

/** Returns a message without the remedy that it contains, which is printed below it. */
export function withoutRemedy(message: string): string {
  return message.replace(OWN_REMEDY, '')
}

/** Returns the remedy that a message contains, as a sentence; `undefined` if it contains none. */
function remedyIn(message: string): string | undefined {
  const [, text] = OWN_REMEDY.exec(message) ?? []
  return text === undefined ? undefined : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** Returns the failure that a message describes, with the remedy in the message, or otherwise the given one. */
export function failedAs(message: string, remedy: string): Finding {
  return failed(withoutRemedy(message), remedyIn(message) ?? remedy)
}

/** Returns what the reader can do about a failed request. */
export function requestRemedy(error: SourceError | undefined): string {
  if (!error) return 'Check that the URL is that of a flag service.'
  const { kind, status = 0, message } = error
  switch (kind) {
    case 'error_response':
      if (status === 404) return 'Check the URL: a flag service or a relay has to listen there.'
      if (status === 429) return 'Wait, and try again: the service limits the rate of requests.'
      if (status >= 500) return 'Check the log of the server, and the load balancer in front of it.'
      if (status >= 300 && status < 400)
        return 'Use the address to which the server redirects, if you trust it.'
      return 'Check the URL, and whether a proxy answers in place of the service.'
    case 'invalid_data':
      return 'Check the URL: the answer is not that of a flag service, or a proxy has changed it.'
    case 'network_error':
      return (
        remedyIn(message) ??
        'Check the network between this machine and the service, and the log of the server.'
      )
    case 'store_error':
    case 'unknown':
      return 'Check the log of the server.'
    default:
      return kind satisfies never
  }
}
