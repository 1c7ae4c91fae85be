import type { StreamEndpoint } from '../../exchange/endpoint.ts'
import { fdv1Stream, fdv2Stream } from '../../exchange/stream.ts'
import { printable } from '../../model/text.ts'
import { HEARTBEAT_HEADER, PATHS } from '../../protocol/events.ts'
import { FDV1_PATHS } from '../../protocol/fdv1.ts'
import type { Protocol, ServiceEndpoint, ServiceRequest } from './check-service.ts'
import { type Finding, failed, ok, warning } from './checks.ts'
import { observed } from './observed-transport.ts'
import { requestRemedy, withoutRemedy } from './remedies.ts'

/** Maximum size of an event, in bytes: that of the clients. */
const MAX_BYTES = 256 * 2 ** 20

/** Opens a stream and waits for its first payload. */
export async function checkStream(
  { url, transport: plain }: ServiceEndpoint,
  protocol: Protocol,
  { headers, checkup, signal }: ServiceRequest,
): Promise<Finding> {
  const { clock, timeoutMs } = checkup
  const { transport, seen } = observed(plain)
  // The time limit of the check ends the request earlier.
  const limitMs = 2 * timeoutMs
  const endpoint: Omit<StreamEndpoint, 'url'> = {
    transport,
    clock,
    headers,
    random: () => 0,
    silenceMs: limitMs,
    headersMs: limitMs,
    eventMs: limitMs,
    maxBytes: MAX_BYTES,
  }
  const connect =
    protocol === 'fdv2'
      ? fdv2Stream({ ...endpoint, url: url + PATHS.stream })
      : fdv1Stream({ ...endpoint, url: url + FDV1_PATHS.stream })
  for await (const result of connect(undefined, signal)) {
    switch (result.type) {
      case 'changeSet': {
        const heartbeatMs = seen.response?.headers[HEARTBEAT_HEADER]
        return ok('the first data arrived', { protocol, bytes: seen.bytes, heartbeatMs })
      }
      case 'goodbye':
        return warning(`the server ends the stream: ${printable(result.reason)}`, 'Try again in a minute.')
      case 'aborted':
      case 'interrupted':
      case 'terminalError':
        return failed(printable(withoutRemedy(result.error.message)), requestRemedy(result.error), {
          status: result.error.status,
        })
      case 'activity':
      case 'skipped':
        break
      default:
        result satisfies never
    }
  }
  // The stream ends without a result only if its time is over.
  return buffered(seen, timeoutMs)
}

const BUFFERING_REMEDY =
  'Switch off the buffering of event streams in the proxy or load balancer between this machine and the service (nginx: proxy_buffering off); see docs/behind-a-proxy.md.'

/** Explains a stream whose first payload did not arrive in time. */
function buffered({ response, bytes }: ReturnType<typeof observed>['seen'], timeoutMs: number): Finding {
  const time = `within ${timeoutMs / 1_000} s`
  const facts = { headersArrived: response !== undefined, bytes }
  if (!response) {
    const seen = `no answer ${time}, although the endpoint answers other requests: a proxy may hold the stream back`
    return failed(seen, BUFFERING_REMEDY, facts)
  }
  const what = bytes === 0 ? 'no event' : `only a part of the first payload (${bytes} bytes)`
  return failed(
    `status ${response.status} and ${what} ${time}: a proxy buffers the stream`,
    BUFFERING_REMEDY,
    facts,
  )
}
