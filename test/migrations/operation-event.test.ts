import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readOperationEvent } from '../../src/migrations/operation-event.ts'

const user = { kind: 'user', key: 'u-1' }
const evaluation = {
  key: 'f',
  value: 'live',
  default: 'off',
  variation: 1,
  version: 2,
  reason: { kind: 'OFF' },
}
const measurements = [
  { key: 'invoked', values: { old: true, new: true } },
  { key: 'consistent', value: true, samplingRatio: 1 },
  { key: 'latency_ms', values: { old: 1, new: 2.5 } },
  { key: 'error', values: { old: true } },
]
const event = {
  kind: 'migration_op',
  operation: 'read',
  creationDate: 5,
  context: user,
  evaluation,
  measurements,
  samplingRatio: 4,
}

it('(MG4.1) accepts an event and takes its context apart', () => {
  const { kind: _, context: __, samplingRatio: ___, ...body } = event
  expect(readOperationEvent(event)).toEqual({ context: user, samplingRatio: 4, body })
})

it('(MG4.3) leaves out unknown members', () => {
  const reason = { kind: 'RULE_MATCH', ruleIndex: 1, ruleId: 5, inExperiment: true, secret: 'x' }
  const read = readOperationEvent({
    ...event,
    extra: 1,
    evaluation: { ...evaluation, extra: 1, version: 'x', reason },
  })
  expect(read).toMatchObject({
    body: {
      evaluation: {
        key: 'f',
        value: 'live',
        default: 'off',
        variation: 1,
        reason: { kind: 'RULE_MATCH', ruleIndex: 1, inExperiment: true },
      },
    },
  })
  expect(JSON.stringify(read)).not.toMatch(/extra|secret|version|ruleId/)
})

it.each([
  null,
  7,
  {},
  { key: '' },
  { key: 'other', values: {} },
  { key: 'invoked' },
  { key: 'invoked', values: { old: 1 } },
  { key: 'error', values: { new: 'yes' } },
  { key: 'latency_ms', values: { old: '1' } },
  { key: 'latency_ms', values: { new: Number.NaN } },
  { key: 'consistent', value: true },
  { key: 'consistent', value: 1, samplingRatio: 1 },
])('(MG4.3) leaves out the measurement %j alone', (wrong) => {
  const read = readOperationEvent({ ...event, measurements: [wrong, ...measurements] })
  expect(read).toMatchObject({ body: { measurements } })
})

it.each([
  [null, 'it is not an object'],
  [[], 'it is not an object'],
  [{ ...event, kind: 'custom' }, 'kind is not "migration_op"'],
  [{ ...event, operation: 'delete' }, 'operation is neither'],
  [{ ...event, creationDate: '5' }, 'creationDate is not a number'],
  [{ ...event, samplingRatio: '1' }, 'samplingRatio is not a number'],
  [{ ...event, measurements: {} }, 'measurements is not an array'],
  [{ ...event, context: { kind: 'user' } }, 'The key of the user'],
  [{ ...event, context: null, contextKeys: { user: 'u' } }, 'The context is not an object'],
  [{ ...event, context: undefined }, 'The context is not an object'],
  [{ ...event, context: undefined, contextKeys: {} }, 'no part'],
  [{ ...event, context: undefined, contextKeys: { user: '' } }, 'The key of the user'],
  [{ ...event, evaluation: undefined }, 'evaluation is not an object'],
  [{ ...event, evaluation: { ...evaluation, key: '' } }, 'evaluation.key'],
  [{ ...event, evaluation: { ...evaluation, value: 1 } }, 'evaluation.value'],
  [{ ...event, evaluation: { ...evaluation, default: null } }, 'evaluation.default'],
  [{ ...event, evaluation: { ...evaluation, reason: {} } }, 'evaluation.reason'],
])('(MG4.1) refuses %j', (wrong, problem) => {
  expect(readOperationEvent(wrong)).toContain(problem)
})

it.each([
  [{ user: 'u' }, { kind: 'user', key: 'u' }],
  [
    { user: 'u', org: 'o' },
    { kind: 'multi', user: { key: 'u' }, org: { key: 'o' } },
  ],
])('(MG4.4) makes the keys %j a context', (contextKeys, context) => {
  expect(readOperationEvent({ ...event, context: undefined, contextKeys })).toMatchObject({ context })
})

it('(MG4.5) never throws, whatever the argument is', () => {
  const hostile = {
    get kind(): string {
      throw new Error('no')
    },
  }
  expect(readOperationEvent(hostile)).toBe('a member of it cannot be read: Error: no')
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(readOperationEvent(proxy)).toContain('cannot be read')
  const part = fc.anything({ withBigInt: true, withNullPrototype: true })
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(event)), part, (name, value) => {
      readOperationEvent({ ...event, [name]: value })
      readOperationEvent({ ...event, evaluation: { ...evaluation, reason: value } })
      readOperationEvent({ ...event, measurements: [{ key: 'invoked', values: value }] })
    }),
  )
})
