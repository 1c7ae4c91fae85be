import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import type { Detail, ErrorKind, Reason } from '../../src/evaluation/detail.ts'
import { failed, onlyObjects, toResolution } from '../../src/openfeature/to-resolution.ts'

const ADA: Context = { kind: 'user', key: 'ada' }

const REASONS: readonly (readonly [Reason, object])[] = [
  [{ kind: 'OFF' }, {}],
  [{ kind: 'FALLTHROUGH' }, {}],
  [{ kind: 'FALLTHROUGH', inExperiment: true }, { inExperiment: true }],
  [{ kind: 'TARGET_MATCH' }, {}],
  [
    { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r', inExperiment: true },
    { ruleIndex: 0, ruleId: 'r', inExperiment: true },
  ],
  [{ kind: 'PREREQUISITE_FAILED', prerequisiteKey: 'p' }, { prerequisiteKey: 'p' }],
]

const CODES: Readonly<Record<Exclude<ErrorKind, 'USER_NOT_SPECIFIED'>, string>> = {
  CLIENT_NOT_READY: 'PROVIDER_NOT_READY',
  FLAG_NOT_FOUND: 'FLAG_NOT_FOUND',
  WRONG_TYPE: 'TYPE_MISMATCH',
  MALFORMED_FLAG: 'PARSE_ERROR',
  EXCEPTION: 'GENERAL',
}

describe('the resolution of an evaluation', () => {
  it.each(REASONS)(
    '(S62) the reason %j keeps its name; its particulars are metadata',
    (reason, particulars) => {
      expect(toResolution({ value: 'a', variationIndex: 2, reason }, ADA)).toEqual({
        value: 'a',
        variant: '2',
        reason: reason.kind,
        flagMetadata: { variationIndex: 2, ...particulars },
      })
    },
  )

  it('(S62) returns no variant for a fallback value', () => {
    const detail: Detail = { value: 'fallback', variationIndex: null, reason: { kind: 'OFF' } }
    expect(toResolution(detail, ADA)).toEqual({ value: 'fallback', reason: 'OFF', flagMetadata: {} })
  })

  it.each(Object.entries(CODES))('(S62) maps %s to the error %s', (errorKind, errorCode) => {
    expect(toResolution(failed(1, errorKind as ErrorKind), ADA)).toEqual({
      value: 1,
      reason: 'ERROR',
      errorCode,
      errorMessage: expect.any(String),
      flagMetadata: {},
    })
  })

  it.each<[string, Context]>([
    ['TARGETING_KEY_MISSING', { kind: 'user', key: '' }],
    ['TARGETING_KEY_MISSING', { kind: 'multi', user: { key: 'ada' }, organization: { key: '' } }],
    ['INVALID_CONTEXT', { kind: 'what is this', key: 'ada' }],
    ['INVALID_CONTEXT', { kind: 'multi' }],
  ])('(S62) maps an invalid context to the error %s: %j', (errorCode, context) => {
    expect(toResolution(failed(1, 'USER_NOT_SPECIFIED'), context)).toMatchObject({ errorCode })
  })

  it.each([[{ a: 1 }], [[1, 2]], [null]])('(S62) accepts %j as an object', (value) => {
    const detail: Detail = { value, variationIndex: 0, reason: { kind: 'FALLTHROUGH' } }
    expect(onlyObjects(detail, {})).toEqual(detail)
  })

  it.each([['text'], [1], [true]])('(S62) rejects %j as an object', (value) => {
    const detail: Detail = { value, variationIndex: 0, reason: { kind: 'FALLTHROUGH' } }
    expect(onlyObjects(detail, { a: 1 })).toEqual(failed({ a: 1 }, 'WRONG_TYPE'))
  })

  it('(S62) keeps the reason of a fallback value instead of reporting its type', () => {
    const detail = failed('scalar', 'FLAG_NOT_FOUND')
    expect(onlyObjects(detail, 'scalar')).toEqual(detail)
  })
})
