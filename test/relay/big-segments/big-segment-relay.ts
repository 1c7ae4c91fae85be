import { onTestFinished } from 'vitest'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import type { BigSegmentsView } from '../../../src/relay/view.ts'
import { type ScriptedOrigin, scriptedOrigin } from '../../../src/testing/index.ts'
import { notes } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { OriginServer } from '../../support/origin-server.ts'
import { start } from '../starting.ts'

/** A flag that is true for the members of the big segment `beta`, generation 2. */
const DATA = {
  flags: [
    {
      key: 'in-beta',
      on: true,
      salt: 's',
      variations: [false, true],
      offVariation: 0,
      fallthrough: { variation: 0 },
      rules: [{ id: 'r', variation: 1, clauses: [{ attribute: '', op: 'segmentMatch', values: ['beta'] }] }],
      clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true },
    },
  ],
  segments: [{ key: 'beta', unbounded: true, generation: 2 }],
}

export interface Service {
  readonly origin: ScriptedOrigin
  readonly server: OriginServer
}

/** Starts a service with {@link DATA}, which is stopped after the test. */
export async function startService(data: object = DATA): Promise<Service> {
  const origin = scriptedOrigin(data)
  const server = new OriginServer(origin)
  await server.start()
  onTestFinished(() => server.stop())
  return { origin, server }
}

export interface StartedRelay {
  readonly relay: RelayServer
  readonly log: readonly string[]
  /** The state of the big segments of the first environment. */
  readonly bigSegments: () => BigSegmentsView | undefined
}

/** Starts a relay with one environment, which is closed after the test. */
export async function startBigSegmentRelay(
  { server }: Service,
  config: Partial<RelayConfig>,
  options: Partial<RelayServerOptions> = {},
): Promise<StartedRelay> {
  const { log, logger } = notes()
  const relay = await start({ endpoints: server.endpoints, ...config }, { logger, ...options })
  await relay.started
  return { relay, log, bigSegments: () => relay.view.environments[0]?.bigSegments }
}

export function inRedis(url: string, prefix: string): Partial<RelayConfig> {
  return {
    store: { type: 'redis', url, localTtlMs: 0 },
    environments: [{ name: 'test', sdkKey: SDK_KEY, prefix }],
  }
}

/** For `expect.poll`: often, because a test waits for many states. */
export const waiting = { interval: 20 }
