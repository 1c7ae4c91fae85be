import { describe, expect, it } from 'vitest'
import type { ReadyPolicy } from '../../../src/relay/config/option-groups.ts'
import { readinessFailures } from '../../../src/relay/status/health.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { environmentView, NOW, PATIENCE, sourceView, storeView } from './views.ts'

const fails = (view: Partial<EnvironmentView>, policy: ReadyPolicy) =>
  readinessFailures(environmentView(view), { policy, disconnectedStatusMs: PATIENCE, now: NOW })

const DATA: ReadyPolicy = { requires: ['data'] }
const UPSTREAM: ReadyPolicy = { requires: ['upstream'] }
const STORE: ReadyPolicy = { requires: ['store'] }
const MINUTE: ReadyPolicy = { requires: [], maxAgeMs: 60_000 }

const since = (ms: number): number => NOW - ms
const broken = (ms: number) => sourceView({ state: 'interrupted', since: since(ms) })
const { ageMs: _, ...ageless } = sourceView()

describe('(S107) an environment lacks', () => {
  it.each<readonly [string, Partial<EnvironmentView>, ReadyPolicy, object]>([
    ['nothing', {}, { requires: ['data', 'upstream', 'store'], maxAgeMs: 60_000 }, {}],
    ['data', { serving: 'nothing' }, DATA, { data: 'there is no data to serve' }],
    ['nothing that is required', { serving: 'nothing' }, { requires: [] }, {}],
    ['no data while it serves stored data', { serving: 'stored' }, DATA, {}],
    ['no connection that was just lost', { source: broken(PATIENCE - 1) }, UPSTREAM, {}],
    [
      'a connection that was lost for longer than allowed',
      { source: broken(PATIENCE) },
      UPSTREAM,
      { upstream: 'the source has been interrupted for 60 s' },
    ],
    [
      'a connection that never existed',
      { source: sourceView({ state: 'initializing', since: since(4_000) }) },
      UPSTREAM,
      { upstream: 'the source has been initializing for 4 s' },
    ],
    ['no database where there is none', {}, STORE, {}],
    [
      'a database that answers, at once',
      { store: storeView({ state: 'unavailable', since: since(2_000), stale: true }) },
      STORE,
      { store: 'the database has been unavailable for 2 s' },
    ],
    [
      'a database that has been used',
      { store: storeView({ state: 'unknown', since: NOW }) },
      STORE,
      { store: 'the database has been unknown for 0 s' },
    ],
    [
      'a database that is complete',
      { store: storeView({ stale: true }) },
      STORE,
      { store: 'the database lacks changes that are in memory' },
    ],
    ['no fresher data', { source: sourceView({ ageMs: 60_000 }) }, MINUTE, {}],
    ['fresh data', { source: sourceView({ ageMs: 65_001 }) }, MINUTE, { maxAge: 'the data is 65 s old' }],
    [
      'data of a known age',
      { serving: 'stored', source: ageless },
      MINUTE,
      { maxAge: 'the age of the data is unknown' },
    ],
    ['any data', { serving: 'nothing', source: ageless }, MINUTE, { maxAge: 'there is no data' }],
    [
      'several things',
      { serving: 'nothing', source: broken(90_000) },
      { requires: ['data', 'upstream'], maxAgeMs: 1 },
      {
        data: 'there is no data to serve',
        upstream: 'the source has been interrupted for 90 s',
        maxAge: 'there is no data',
      },
    ],
  ])('%s', (_, view, policy, expected) => {
    expect(fails(view, policy)).toEqual(expected)
  })
})
