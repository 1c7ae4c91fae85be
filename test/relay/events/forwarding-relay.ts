import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { EVENT_DEFAULTS, NOWHERE, start } from '../starting.ts'
import { type EventsUpstream, startEventsUpstream } from './upstream-service.ts'

export const MOBILE_KEY = 'mob-1234567890'
export const ENV_ID = '0123456789abcdef01234567'
export const ENVIRONMENTS: RelayConfig['environments'] = [
  { name: 'test', sdkKey: SDK_KEY, mobileKey: MOBILE_KEY, envId: ENV_ID },
]

export const PAYLOAD_ID = '11111111-2222-3333-4444-555555555555'

export interface Forwarding {
  readonly relay: RelayServer
  readonly upstream: EventsUpstream
  /** Posts a body as a server SDK of the current schema, unless the headers say otherwise. */
  readonly post: (path: string, body: string | Buffer, headers?: Record<string, string>) => Promise<Response>
  readonly counts: () => RelayServer['view']['environments'][number]['events']
}

/** Starts a relay that forwards events to a service on a real socket. */
export async function startForwarding(
  settings: Partial<RelayConfig['events']> = {},
  options: Partial<RelayServerOptions> = {},
): Promise<Forwarding> {
  const upstream = await startEventsUpstream()
  const events = { ...EVENT_DEFAULTS, send: true, url: upstream.url, ...settings }
  const relay = await start({ environments: ENVIRONMENTS, endpoints: NOWHERE, events }, options)
  return {
    relay,
    upstream,
    post: (path, body, headers = {}) =>
      fetch(relay.url + path, {
        method: 'POST',
        headers: {
          authorization: SDK_KEY,
          'content-type': 'application/json',
          'x-launchdarkly-event-schema': '4',
          'x-launchdarkly-payload-id': PAYLOAD_ID,
          ...headers,
        },
        body: typeof body === 'string' ? body : new Uint8Array(body),
      }),
    counts() {
      const [environment] = relay.view.environments
      if (!environment) throw new Error('the relay has no environment')
      return environment.events
    },
  }
}

/** Returns a payload with this many custom events. */
export function payloadWith(events: number, padding = ''): string {
  return JSON.stringify(
    Array.from({ length: events }, (_, index) => ({ kind: 'custom', key: `k${index}`, padding })),
  )
}
