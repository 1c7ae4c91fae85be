import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { UsageReader } from '../../../src/relay/events/usage-view.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { EVENT_DEFAULTS, NOWHERE, start } from '../starting.ts'
import { ENV_ID, MOBILE_KEY } from './forwarding-relay.ts'
import { type EventsUpstream, startEventsUpstream } from './upstream-service.ts'

const FLAGS = {
  flags: {
    checkout: {
      on: true,
      variations: ['classic', 'fast'],
      fallthrough: { variation: 1 },
      rules: [
        {
          id: 'r',
          variation: 0,
          clauses: [{ contextKind: 'user', attribute: 'key', op: 'startsWith', values: ['old-'] }],
        },
      ],
      offVariation: 0,
      clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true },
      trackEvents: true,
    },
    hidden: { on: false, variations: [true, false], fallthrough: { variation: 0 } },
  },
}

export interface Counting {
  readonly relay: RelayServer
  /** Receives nothing, because the events stay in the relay. */
  readonly upstream: EventsUpstream
  readonly usage: () => UsageReader
  readonly counts: () => RelayServer['view']['environments'][number]['events']
  /** Posts a body as a server SDK of the current schema, unless the headers say otherwise. */
  readonly post: (path: string, body: BodyInit, headers?: Record<string, string>) => Promise<Response>
}

/** Starts a relay with one environment whose flags come from a file. */
export async function startCounting(options: Partial<RelayServerOptions> = {}): Promise<Counting> {
  const directory = mkdtempSync(join(tmpdir(), 'counting-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'flags.json')
  writeFileSync(path, JSON.stringify(FLAGS))
  const upstream = await startEventsUpstream()
  const relay = await start(
    {
      environments: [{ name: 'test', sdkKey: SDK_KEY, mobileKey: MOBILE_KEY, envId: ENV_ID, files: [path] }],
      endpoints: NOWHERE,
      events: { ...EVENT_DEFAULTS, send: true, url: upstream.url },
    },
    options,
  )
  await relay.started
  const counts: Counting['counts'] = () => {
    const [environment] = relay.view.environments
    if (!environment) throw new Error('the relay has no environment')
    return environment.events
  }
  return {
    relay,
    upstream,
    counts,
    usage() {
      const { usage } = counts()
      if (!usage) throw new Error('events are not counted')
      return usage
    },
    post: (path, body, headers = {}) =>
      fetch(relay.url + path, {
        method: 'POST',
        headers: {
          authorization: SDK_KEY,
          'content-type': 'application/json',
          'x-launchdarkly-event-schema': '4',
          ...headers,
        },
        body,
      }),
  }
}

/** Returns the totals of a flag by variation. */
export function totals(usage: UsageReader, flagKey: string): Readonly<Record<string, number>> {
  return Object.fromEntries(usage.countsOf(flagKey).map(({ variation, total }) => [variation, total]))
}
