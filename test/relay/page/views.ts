import { NO_CONNECTIONS } from '../../../src/relay/connections.ts'
import type { EnvironmentView, RelayView, StoreView } from '../../../src/relay/view.ts'
import { NO_TRAFFIC } from '../../../src/server/traffic.ts'
import { EVENTS_OFF } from '../status/views.ts'

/** Returns the view of a healthy environment, with some members replaced. */
export function environmentView(members: Partial<EnvironmentView> = {}): EnvironmentView {
  return {
    name: 'test',
    sdkKey: '***-****-0b5e',
    serving: 'live',
    source: sourceView('valid'),
    holds: { flags: 2, segments: 1 },
    clients: { fdv2: 0, fdv1: 0, pings: 0, pollers: 0 },
    traffic: NO_TRAFFIC,
    events: EVENTS_OFF,
    recent: [],
    ...members,
  }
}

export function sourceView(state: EnvironmentView['source']['state']): EnvironmentView['source'] {
  return { state, since: 0, mode: { protocol: 'fdv2', why: 'test' }, source: 'streaming' }
}

/** Returns the view of a healthy database, with some members of its status replaced. */
export function storeView(members: Partial<StoreView['status']> = {}): StoreView {
  return {
    database: 'redis',
    isWritten: true,
    prefix: 'test',
    status: {
      name: 'Redis at 127.0.0.1:6379',
      state: 'available',
      since: 0,
      stale: false,
      lost: false,
      role: 'writer',
      refused: [],
      quarantined: [],
      ...members,
    },
  }
}

export function relayView(environments: readonly EnvironmentView[], now = 0): RelayView {
  return { version: '1.2.3', now, startedAt: 0, environments, connections: NO_CONNECTIONS }
}
