import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { expect } from 'vitest'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { type Served, serve } from '../../client/starting.ts'
import type { Everything } from '../../support/service.ts'
import { at, start } from '../starting.ts'
import { ENVIRONMENT, MOBILE_KEY } from './starting.ts'

export const mobile = { authorization: MOBILE_KEY }

export const USER = { kind: 'user', key: 'u-1' } as const

/** Members of a flag that both browsers and mobile SDKs may see. */
export const FOR_ALL = { clientSideAvailability: { usingMobileKey: true, usingEnvironmentId: true } }

/** Starts a relay with the three kinds of credential that serves this data. */
export async function startForClients(data: Everything, config: ClientConfig = {}): Promise<StartedRelay> {
  const served = await serve(data)
  const { environment, ...rest } = config
  const relay = await start({
    endpoints: at(served),
    environments: [{ ...ENVIRONMENT, ...environment }],
    ...rest,
  })
  expect(await relay.started).toEqual([])
  return { relay, served }
}

interface ClientConfig extends Partial<RelayConfig> {
  readonly environment?: Partial<EnvironmentConfig>
}

interface StartedRelay {
  readonly relay: RelayServer
  readonly served: Served
}

/** Sends a request with a body, for example with the method REPORT, and returns the status and the parsed answer. */
export async function send(relay: RelayServer, path: string, options: SendOptions): Promise<Sent> {
  const { method = 'REPORT', headers = { 'content-type': 'application/json' }, body } = options
  const { hostname, port } = new URL(relay.url)
  const sent = request({ hostname, port, path, method, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const text = await readAll(response)
  return { status: response.statusCode ?? 0, headers: response.headers, body: text && JSON.parse(text) }
}

interface SendOptions {
  readonly method?: 'REPORT' | 'POST'
  readonly headers?: OutgoingHttpHeaders
  readonly body: string | Buffer
}

interface Sent {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: ReturnType<typeof JSON.parse>
}
