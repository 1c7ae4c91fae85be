import { expect, it } from 'vitest'
import { nextStatus, type StatusEvent, type StatusState } from '../../src/datasystem/status.ts'

const error = { kind: 'network_error', message: 'dropped' } as const
const data: StatusEvent = { type: 'data', source: 'x' }
const failure: StatusEvent = { type: 'interruption', source: 'x', error, retryInMs: 500.4 }
const turn: StatusEvent = { type: 'turn', source: 'x' }
const off: StatusEvent = { type: 'off' }

it.each<[from: StatusState['state'], event: StatusEvent, to: StatusState['state']]>([
  ['initializing', data, 'valid'],
  ['initializing', failure, 'initializing'],
  ['initializing', turn, 'initializing'],
  ['initializing', off, 'off'],
  ['valid', data, 'valid'],
  ['valid', failure, 'interrupted'],
  ['valid', turn, 'valid'],
  ['valid', off, 'off'],
  ['interrupted', data, 'valid'],
  ['interrupted', failure, 'interrupted'],
  ['interrupted', turn, 'interrupted'],
  ['interrupted', off, 'off'],
  ['off', data, 'valid'],
  ['off', off, 'off'],
])('(D3) %s, then %o: %s', (state, event, expected) => {
  const next = nextStatus({ state, since: 1, source: 'w' }, event, 7)
  expect(next.state).toBe(expected)
  expect(next.since).toBe(state === expected ? 1 : 7)
})

it('(D3) keeps the last error after a recovery, and the time of the next attempt only until then', () => {
  const failed = nextStatus({ state: 'valid', since: 1 }, failure, 10)
  expect(failed).toEqual({
    state: 'interrupted',
    since: 10,
    source: 'x',
    lastError: { ...error, at: 10, source: 'x' },
    nextAttempt: 510,
  })
  expect(nextStatus(failed, data, 20)).toEqual({
    state: 'valid',
    since: 20,
    source: 'x',
    lastError: { ...error, at: 10, source: 'x' },
  })
})

it('(D3.3) names the source of valid data until the new source has data', () => {
  const valid: StatusState = { state: 'valid', since: 1, source: 'poll' }
  expect(nextStatus(valid, turn, 2)).toBe(valid)
  expect(nextStatus(valid, data, 3)).toEqual({ state: 'valid', since: 1, source: 'x' })
})

it('returns the same object if nothing changed, so that listeners are not called', () => {
  const valid: StatusState = { state: 'valid', since: 1, source: 'x' }
  expect(nextStatus(valid, data, 2)).toBe(valid)
})
