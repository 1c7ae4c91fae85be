import { expect, it } from 'vitest'
import type { AutoConfigView } from '../../../src/relay/auto-config/auto-config-status.ts'
import { judgeEnvironment, judgeRelay } from '../../../src/relay/page/verdict.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { environmentView, relayView, sourceView, storeView } from './views.ts'

const BIG_SEGMENTS = {
  state: 'synchronized',
  available: true,
  stale: false,
  staleIsDegraded: false,
  patches: 3,
} as const

const row = { kind: 'flag', key: 'a' } as const

const CASES: readonly [
  name: string,
  Partial<EnvironmentView>,
  tone: string,
  label: string,
  problems: string[],
][] = [
  ['live', {}, 'good', 'Live', []],
  ['live, with a database', { store: storeView() }, 'good', 'Live', []],
  [
    'interrupted',
    { source: sourceView('interrupted') },
    'warning',
    'Interrupted',
    ['has no connection to the service and serves the last data received'],
  ],
  [
    'off, with data',
    { source: sourceView('off') },
    'bad',
    'Off',
    ['receives no further changes, because all its sources have failed permanently'],
  ],
  [
    'starting',
    { serving: 'nothing', source: sourceView('initializing') },
    'bad',
    'Waiting',
    ['is waiting for its first data'],
  ],
  [
    'without data and source',
    { serving: 'nothing', source: sourceView('off') },
    'bad',
    'Nothing',
    ['has nothing to serve', 'receives no further changes, because all its sources have failed permanently'],
  ],
  [
    'stored',
    { serving: 'stored', source: sourceView('initializing') },
    'warning',
    'Stored',
    ['serves the data that its database had at the start'],
  ],
  [
    'stored, without a source',
    { serving: 'stored', source: sourceView('off') },
    'bad',
    'Off',
    [
      'serves the data that its database had at the start',
      'receives no further changes, because all its sources have failed permanently',
    ],
  ],
  [
    'without its database',
    { store: storeView({ state: 'unavailable', stale: true }) },
    'warning',
    'Database',
    ['cannot reach its database', 'has changes that are not in its database yet'],
  ],
  [
    'data lost',
    { store: storeView({ lost: true, stale: true }) },
    'warning',
    'Database',
    ['is rewriting its database, whose data was lost'],
  ],
  [
    'with bad rows',
    { store: storeView({ refused: [row], quarantined: [row, row] }) },
    'warning',
    'Database',
    ['has one row that its database rejected', 'ignores 2 rows in its database that cannot be parsed'],
  ],
  [
    'with stale big segments',
    { bigSegments: { ...BIG_SEGMENTS, state: 'waiting', stale: true } },
    'warning',
    'Big segments',
    ['cannot synchronize its big segments', 'has big segments in its database that may be out of date'],
  ],
  ['with current big segments', { bigSegments: BIG_SEGMENTS }, 'good', 'Live', []],
  [
    'interrupted, and without its database',
    { source: sourceView('interrupted'), store: storeView({ state: 'unavailable' }) },
    'warning',
    'Interrupted',
    ['has no connection to the service and serves the last data received', 'cannot reach its database'],
  ],
]

it.each(CASES)('(S115) judges an environment: %s', (_, members, tone, label, problems) => {
  expect(judgeEnvironment(environmentView(members), 0)).toMatchObject({
    name: 'test',
    title: 'test',
    tone,
    label,
    problems,
  })
})

it('(S115) the relay has the tone of its worst environment, and the headline says what is wrong', () => {
  const live = environmentView()
  const interrupted = environmentView({ source: sourceView('interrupted') })
  const empty = environmentView({ serving: 'nothing' })
  const verdictOn = (...environments: readonly EnvironmentView[]): string => {
    const { tone, headline } = judgeRelay(relayView(environments))
    return `${tone}: ${headline}`
  }
  expect(verdictOn(live)).toBe('good: The environment is live')
  expect(verdictOn(live, live)).toBe('good: All 2 environments are live')
  expect(verdictOn(interrupted)).toBe('warning: The environment is interrupted')
  expect(verdictOn(live, interrupted, live)).toBe('warning: 1 of 3 environments is interrupted')
  expect(verdictOn(interrupted, live, empty)).toBe(
    'bad: 2 of 3 environments need attention (1 without data, 1 interrupted)',
  )
  expect(verdictOn()).toBe('good: No environments are configured')
})

it('(AC7.5) the headline tells that automatic configuration is disconnected, beside the state of the environments', () => {
  const live = environmentView({ name: 'env-1', label: 'Shop Production' })
  const verdictOn = (
    configuration: AutoConfigView['configuration'],
    state: AutoConfigView['state'],
    ...environments: readonly EnvironmentView[]
  ): string => {
    const autoConfig = { configuration, state, since: 0 }
    const { tone, headline } = judgeRelay({ ...relayView(environments), autoConfig })
    return `${tone}: ${headline}`
  }
  expect(verdictOn('none', 'initializing')).toBe('bad: Waiting for the list of environments')
  expect(verdictOn('live', 'valid', live)).toBe('good: The environment is live')
  expect(verdictOn('live', 'interrupted', live)).toBe(
    'warning: Automatic configuration is disconnected, and the last list of environments is in effect. The environment is live',
  )
  expect(verdictOn('cached', 'initializing', environmentView({ serving: 'nothing' }))).toBe(
    'bad: Automatic configuration is disconnected, and a copy of the list of environments is in effect. The environment has nothing to serve',
  )
  expect(judgeEnvironment(live, 0)).toMatchObject({ name: 'env-1', title: 'Shop Production' })
})

it('(S211.5) warns of a certificate that expires soon, and is bad when it has expired', () => {
  const live = environmentView({ serving: 'live' })
  const verdictAt = (expiresAt: number): string => {
    const view = relayView([live])
    const certificate = { validFrom: view.now - 365 * 24 * 3_600_000, expiresAt }
    const { tone, headline } = judgeRelay({ ...view, certificate })
    return `${tone}: ${headline}`
  }
  const { now } = relayView([live])
  expect(verdictAt(now + 90 * 24 * 3_600_000)).toBe('good: The environment is live')
  expect(verdictAt(now + 3_600_000)).toBe(
    'warning: The TLS certificate expires soon. The environment is live',
  )
  expect(verdictAt(now)).toBe('bad: The TLS certificate has expired. The environment is live')
})
