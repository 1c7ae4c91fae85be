import { expect, it } from 'vitest'
import { standingOf, verdictOf } from '../../../src/relay/page/verdict.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { environmentView, relayView, sourceView, storeView } from './views.ts'

const row = { kind: 'flag', key: 'a' } as const

const STANDINGS: readonly [
  name: string,
  Partial<EnvironmentView>,
  tone: string,
  word: string,
  troubles: string[],
][] = [
  ['live', {}, 'good', 'Live', []],
  ['live, with a database', { store: storeView() }, 'good', 'Live', []],
  [
    'interrupted',
    { source: sourceView('interrupted') },
    'wary',
    'Interrupted',
    ['is cut off from the service and serves what it knows'],
  ],
  ['off, with data', { source: sourceView('off') }, 'bad', 'Off', ['has no source left to ask']],
  [
    'starting',
    { serving: 'nothing', source: sourceView('initializing') },
    'bad',
    'Waiting',
    ['waits for its first data'],
  ],
  [
    'without anything',
    { serving: 'nothing', source: sourceView('off') },
    'bad',
    'Nothing',
    ['has nothing to serve', 'has no source left to ask'],
  ],
  [
    'stored',
    { serving: 'stored', source: sourceView('initializing') },
    'wary',
    'Stored',
    ['serves what its database held at the start'],
  ],
  [
    'stored, and nobody left to ask',
    { serving: 'stored', source: sourceView('off') },
    'bad',
    'Off',
    ['serves what its database held at the start', 'has no source left to ask'],
  ],
  [
    'without its database',
    { store: storeView({ state: 'unavailable', stale: true }) },
    'wary',
    'Database',
    ['cannot reach its database', 'has changes its database misses'],
  ],
  [
    'flushed',
    { store: storeView({ lost: true, stale: true }) },
    'wary',
    'Database',
    ['found the data in its database gone, and writes it again'],
  ],
  [
    'with bad rows',
    { store: storeView({ refused: [row], quarantined: [row, row] }) },
    'wary',
    'Database',
    ['holds a row its database does not take', 'found 2 rows in its database that cannot be read'],
  ],
  [
    'interrupted, and without its database',
    { source: sourceView('interrupted'), store: storeView({ state: 'unavailable' }) },
    'wary',
    'Interrupted',
    ['is cut off from the service and serves what it knows', 'cannot reach its database'],
  ],
]

it.each(STANDINGS)('(S115) an environment that is %s', (_, members, tone, word, troubles) => {
  expect(standingOf(environmentView(members))).toEqual({ name: 'test', tone, word, troubles })
})

it('(S115) the verdict is as bad as the worst environment, and says how many need attention', () => {
  const live = environmentView()
  const interrupted = environmentView({ source: sourceView('interrupted') })
  const empty = environmentView({ serving: 'nothing' })
  const said = (...environments: readonly EnvironmentView[]): string => {
    const { tone, headline } = verdictOf(relayView(environments))
    return `${tone}: ${headline}`
  }
  expect(said(live)).toBe('good: The environment is live')
  expect(said(live, live)).toBe('good: All 2 environments are live')
  expect(said(interrupted)).toBe('wary: The environment needs attention')
  expect(said(live, interrupted, live)).toBe('wary: 1 of 3 environments needs attention')
  expect(said(interrupted, live, empty)).toBe('bad: 2 of 3 environments need attention')
  expect(said()).toBe('good: There are no environments')
})
