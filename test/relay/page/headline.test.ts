import { expect, it } from 'vitest'
import { causeOf } from '../../../src/relay/page/cause.ts'
import { type HeadlinePart, headlineOf, plainHeadline } from '../../../src/relay/page/headline.ts'
import type { EnvironmentVerdict, Label } from '../../../src/relay/page/verdict.ts'
import { environmentView, sourceView } from './views.ts'

const TONES = { Nothing: 'bad', Off: 'bad', Waiting: 'bad', Live: 'good', Archive: 'good' } as const
const STREAM = 'stream.launchdarkly.com'

function verdict(label: Label, cause?: EnvironmentVerdict['cause']): EnvironmentVerdict {
  const tone = TONES[label as keyof typeof TONES] ?? 'warning'
  return { name: 'test', title: 'test', tone, label, problems: [], ...(cause && { cause }) }
}

function times(count: number, each: EnvironmentVerdict): EnvironmentVerdict[] {
  return Array.from({ length: count }, () => each)
}

/** Returns a headline with times in brackets. */
function text(parts: readonly HeadlinePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : `[${part.since}]`)).join('')
}

const LIVE = verdict('Live')
const REFUSED = verdict('Interrupted', { text: 'connection refused' })
const SILENT = verdict('Interrupted', { text: 'no answer', since: 30, address: STREAM })

it.each([
  [
    [...times(197, LIVE), REFUSED, REFUSED, SILENT],
    `3 of 200 environments are interrupted: connection refused (2), no answer from ${STREAM} for [30] (1)`,
  ],
  [times(200, REFUSED), 'All 200 environments are interrupted: connection refused'],
  [[LIVE, REFUSED], '1 of 2 environments is interrupted: connection refused'],
  [[SILENT], `The environment is interrupted: no answer from ${STREAM} for [30]`],
  [[verdict('Interrupted'), REFUSED], 'All 2 environments are interrupted: connection refused (1)'],
  [
    [LIVE, REFUSED, SILENT, verdict('Nothing', { text: 'key refused (401)' })],
    `3 of 4 environments need attention (1 without data, 2 interrupted): connection refused (1), no answer from ${STREAM} for [30] (1), key refused (401) (1)`,
  ],
  [
    ['a', 'b', 'c', 'd', 'e'].map((cause) => verdict('Database', { text: cause })),
    'All 5 environments have a problem with their database: a (1), b (1), c (1), 2 more causes',
  ],
])('(PG3.1, PG3.2) counts equal causes once: %#', (verdicts, headline) => {
  expect(text(headlineOf(verdicts))).toBe(headline)
})

it('(PG3.2) names the address of a hanging service if it is the same, and the longest silence', () => {
  const other = verdict('Interrupted', { text: 'no answer', since: 10, address: 'other.example' })
  expect(
    text(headlineOf([SILENT, { ...SILENT, cause: { text: 'no answer', since: 20, address: STREAM } }])),
  ).toBe(`All 2 environments are interrupted: no answer from ${STREAM} for [20]`)
  expect(text(headlineOf([SILENT, other]))).toBe('All 2 environments are interrupted: no answer for [10]')
})

it('(PG3.3) the text for screen readers has no durations, which would be announced each second', () => {
  expect(plainHeadline([LIVE, REFUSED, SILENT])).toBe(
    '2 of 3 environments are interrupted: connection refused (1), no answer (1)',
  )
})

it.each([
  [
    'network_error',
    'no server listens at 127.0.0.1:1; check host and port (ECONNREFUSED)',
    'connection refused',
  ],
  ['network_error', 'the host name x is unknown; check its spelling (ENOTFOUND)', 'unknown host name'],
  ['network_error', 'no answer within 15 s', 'no answer'],
  ['network_error', 'no byte for 10 s', 'no answer'],
  ['network_error', 'no complete answer within 30 s', 'no answer'],
  ['network_error', 'the server closed the connection', 'connection closed'],
  ['network_error', 'self-signed certificate', 'TLS failed'],
  ['network_error', 'something new', 'network error'],
  ['invalid_data', 'the answer is malformed', 'invalid data'],
] as const)('(PG3.2) equal errors have equal causes: %s, %s', (kind, message, cause) => {
  const lastError = { kind, message, at: 5, source: 'streaming' }
  const view = environmentView({ source: { ...sourceView('interrupted'), since: 5, lastError } })
  expect(causeOf(view, 1_000)).toEqual(cause === 'no answer' ? { text: cause, since: 5 } : { text: cause })
})

it.each([
  [401, 'key refused (401)'],
  [503, 'the service answers 503'],
])('(PG3.2) the status %d is a cause', (status, cause) => {
  const lastError = { kind: 'error_response', message: '', status, at: 5, source: 'streaming' } as const
  expect(causeOf(environmentView({ source: { ...sourceView('off'), lastError } }), 0)).toEqual({
    text: cause,
  })
})

it('(PG3.2) an error from before an interruption is not its cause', () => {
  const lastError = { kind: 'unknown', message: '', at: 4, source: 'streaming' } as const
  const view = environmentView({ source: { ...sourceView('interrupted'), since: 5, lastError } })
  expect(causeOf(view, 1_000)).toBeUndefined()
})

it('(PG3.4) a service hangs if it has not answered for five seconds', () => {
  const unanswered = { since: 1_000, address: `https://${STREAM}` }
  const view = environmentView({ source: sourceView('initializing'), unanswered })
  expect(causeOf(view, 5_999)).toBeUndefined()
  expect(causeOf(view, 6_000)).toEqual({ text: 'no answer', since: 1_000, address: STREAM })
})
