import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { Listeners, rethrow } from '../../../src/async/listeners.ts'
import type { EndpointContext } from '../../../src/relay/endpoint.ts'
import { environmentDetails } from '../../../src/relay/page/environment-details.ts'
import { PAGE } from '../../../src/relay/page/page.ts'
import { statusEvents } from '../../../src/relay/page/status-feed.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { relayConfig } from '../../support/relays.ts'
import { NO_REQUESTS } from '../status/views.ts'
import { relayView } from './views.ts'

/** Serves the page, its feed and its details for environments that the test sets. */
export async function servePage(first: readonly EnvironmentView[]) {
  let environments = first
  const changes = new Listeners<void>(rethrow)
  const closing = new AbortController()
  const config = relayConfig({ environments: [{ name: 'test', sdkKey: 'sdk-test-0b5e' }] })
  const context: EndpointContext = {
    config: () => config,
    view: () => relayView(environments, Date.now()),
    requests: () => NO_REQUESTS,
    onChange: (call) => changes.add(call),
    clock: systemClock,
    draining: closing.signal,
    closing: closing.signal,
    onError: rethrow,
    flagsOf: () => undefined,
  }
  const serveEvents = statusEvents(context)
  const state = () => ({ view: context.view(), requests: NO_REQUESTS, config })
  const http = createServer((request, response) => {
    const { pathname, search } = new URL(String(request.url), 'http://relay')
    if (pathname === '/status/events') return serveEvents(response)
    const target = { path: pathname, query: search.slice(1) }
    const answer = pathname === '/' ? PAGE : environmentDetails(target, state, closing.signal)
    response.writeHead(answer.status, answer.headers).end(answer.bytes)
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    closing.abort()
    http.closeAllConnections()
    http.close()
  })
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    change: (next: readonly EnvironmentView[]) => {
      environments = next
      changes.emit()
    },
  }
}
