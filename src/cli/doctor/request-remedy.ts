import type { SourceError } from '../../model/source-result.ts'

/** Returns what the reader can do about a failed request. */
export function requestRemedy(error: SourceError | undefined): string {
  if (!error) return 'Check that the URL is that of a flag service.'
  const { kind, status = 0 } = error
  switch (kind) {
    case 'error_response':
      if (status === 404) return 'Check the URL: a flag service or a relay has to listen there.'
      if (status === 429) return 'Wait, and try again: the service limits the rate of requests.'
      if (status >= 500) return 'Check the log of the server, and the load balancer in front of it.'
      return 'Check the URL, and whether a proxy answers in place of the service.'
    case 'invalid_data':
      return 'Check the URL: the answer is not that of a flag service, or a proxy has changed it.'
    case 'network_error':
      return 'Check the network between this machine and the service, and the log of the server.'
    case 'store_error':
    case 'unknown':
      return 'Check the log of the server.'
    default:
      return kind satisfies never
  }
}
