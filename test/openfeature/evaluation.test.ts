import {
  type Client,
  type EvaluationContext,
  type EvaluationDetails,
  type JsonValue,
  OpenFeature,
} from '@openfeature/server-sdk'
import { beforeEach, describe, expect, it } from 'vitest'
import { TestData } from '../../src/testing/index.ts'
import { FLAGS, INSIDER_EMAIL, PICTURES, TARGET } from './flags.ts'
import { newDomain, newProvider, SILENT, servedBy, startClient } from './openfeature.ts'

const SOMEBODY: EvaluationContext = { targetingKey: 'f20bd32d-703b-48b6-bc8e-79d53c85134a' }

let client: Client

beforeEach(async () => {
  client = await startClient(new TestData({ flags: FLAGS }))
})

/** Evaluates with the method for the type of the default value. */
function ask(
  key: string,
  defaultValue: JsonValue,
  context: EvaluationContext = SOMEBODY,
): Promise<EvaluationDetails<JsonValue>> {
  return askOf(client, key, defaultValue, context)
}

async function askOf(
  from: Client,
  key: string,
  defaultValue: JsonValue,
  context: EvaluationContext,
): Promise<EvaluationDetails<JsonValue>> {
  switch (typeof defaultValue) {
    case 'boolean':
      return from.getBooleanDetails(key, defaultValue, context)
    case 'string':
      return from.getStringDetails(key, defaultValue, context)
    case 'number':
      return from.getNumberDetails(key, defaultValue, context)
    default:
      return from.getObjectDetails(key, defaultValue, context)
  }
}

describe('flag evaluation, as OpenFeature specifies it', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['boolean-flag', false, true],
    ['string-flag', 'bye', 'hi'],
    ['integer-flag', 1, 10],
    ['float-flag', 0.1, 0.5],
    ['object-flag', {}, PICTURES],
    ['list-flag', {}, ['a', 'b']],
    ['large-integer-flag', 1, 2_147_483_647],
    ['huge-integer-flag', 1, 9_007_199_254_740_991],
  ])('(S60) %s returns a value of its type with details', async (key, defaultValue, value) => {
    const details = await ask(key, defaultValue)
    expect(details).toMatchObject({ flagKey: key, value, reason: 'FALLTHROUGH' })
    expect(details.variant).toMatch(/^[01]$/)
    expect(details.flagMetadata).toEqual({ variationIndex: Number(details.variant) })
    expect(details.errorCode).toBeUndefined()
    expect(details.errorMessage).toBeUndefined()
  })

  it('(S60) returns the same values without details', async () => {
    expect(await client.getBooleanValue('boolean-flag', false, SOMEBODY)).toBe(true)
    expect(await client.getStringValue('string-flag', 'bye', SOMEBODY)).toBe('hi')
    expect(await client.getNumberValue('float-flag', 0.1, SOMEBODY)).toBe(0.5)
    expect(await client.getObjectValue('object-flag', null, SOMEBODY)).toEqual(PICTURES)
  })

  it.each<[string, JsonValue, JsonValue]>([
    ['boolean-zero-flag', true, false],
    ['string-zero-flag', 'fallback', ''],
    ['integer-zero-flag', 1, 0],
    ['object-zero-flag', { a: 1 }, {}],
  ])('(S60) %s: returns empty values as values', async (key, defaultValue, value) => {
    expect(await ask(key, defaultValue)).toMatchObject({ value, variant: '1', reason: 'FALLTHROUGH' })
  })

  it.each<[string, JsonValue, JsonValue, JsonValue]>([
    ['boolean-targeted-zero-flag', true, false, true],
    ['string-targeted-zero-flag', 'fallback', '', 'hi'],
    ['integer-targeted-zero-flag', 7, 0, 1],
    ['object-targeted-zero-flag', { a: 7 }, {}, { a: 1 }],
  ])(
    '(S60) %s returns the value of a rule to matching contexts',
    async (key, defaultValue, matched, otherwise) => {
      expect(await ask(key, defaultValue, { ...SOMEBODY, email: INSIDER_EMAIL })).toMatchObject({
        value: matched,
        reason: 'RULE_MATCH',
        flagMetadata: { variationIndex: 0, ruleIndex: 0, ruleId: 'insiders' },
      })
      for (const email of ['ballmer@none.com', null]) {
        expect(await ask(key, defaultValue, { ...SOMEBODY, email })).toMatchObject({
          value: otherwise,
          reason: 'FALLTHROUGH',
        })
      }
    },
  )

  it('(S60) matches the targeting key with the targets of a flag', async () => {
    expect(await ask('targeting-key-flag', 'fallback', { targetingKey: TARGET })).toMatchObject({
      value: 'hit',
      variant: '0',
      reason: 'TARGET_MATCH',
    })
    expect(await ask('targeting-key-flag', 'fallback')).toMatchObject({
      value: 'miss',
      reason: 'FALLTHROUGH',
    })
  })

  it('(S60) matches attributes of several types', async () => {
    const context = { ...SOMEBODY, fn: 'Sulisław', ln: 'Świętopełk', age: 29, customer: false }
    expect(await ask('context-aware', 'fallback', context)).toMatchObject({ value: 'INTERNAL' })
    expect(await ask('context-aware', 'fallback')).toMatchObject({ value: 'EXTERNAL' })
  })

  it('(S60, S61) compares a date as a date', async () => {
    const joined = new Date(Date.UTC(1994, 4, 1))
    expect(await ask('since-the-nineties', 'fallback', { ...SOMEBODY, joined })).toMatchObject({
      value: 'veteran',
    })
  })

  it.each<[string, JsonValue]>([
    ['disabled-boolean-flag', false],
    ['disabled-string-flag', 'fallback'],
  ])('(S60) %s, off without an off variation, returns the default without an error', async (key, value) => {
    const details = await ask(key, value)
    expect(details).toMatchObject({ value, reason: 'OFF', flagMetadata: {} })
    expect(details.variant).toBeUndefined()
    expect(details.errorCode).toBeUndefined()
  })

  it('(S60) returns the off variation if a flag is off', async () => {
    expect(await ask('switched-off-flag', 'fallback')).toMatchObject({
      value: 'off',
      reason: 'OFF',
      variant: '1',
    })
  })

  it('(S60, S62) names a failed prerequisite', async () => {
    expect(await ask('needs-another', 'fallback')).toMatchObject({
      value: 'without',
      reason: 'PREREQUISITE_FAILED',
      flagMetadata: { prerequisiteKey: 'boolean-flag' },
    })
  })
})

describe('failed flag evaluation', () => {
  it.each<[JsonValue]>([[false], ['uh-oh'], [1], [0.1], [{ a: 1 }]])(
    '(S60) returns the default %j if the flag does not exist',
    async (defaultValue) => {
      expect(await ask('missing-flag', defaultValue)).toMatchObject({
        value: defaultValue,
        reason: 'ERROR',
        errorCode: 'FLAG_NOT_FOUND',
      })
    },
  )

  it.each<[string, JsonValue]>([
    ['string-flag', false],
    ['string-flag', 1],
    ['string-flag', { a: 1 }],
    ['wrong-flag', 13],
    ['wrong-flag', false],
    ['boolean-flag', 'fallback'],
    ['boolean-flag', 1],
    ['boolean-flag', { a: 1 }],
    ['integer-flag', false],
    ['integer-flag', 'fallback'],
    ['float-flag', { a: 1 }],
    ['object-flag', false],
    ['object-flag', 'fallback'],
    ['object-flag', 1],
  ])('(S60) returns the default if %s is evaluated as %j', async (key, defaultValue) => {
    expect(await ask(key, defaultValue)).toMatchObject({
      value: defaultValue,
      reason: 'ERROR',
      errorCode: 'TYPE_MISMATCH',
    })
  })

  it('(S60) returns the default if the flag is malformed', async () => {
    expect(await ask('malformed-flag', 'fallback')).toMatchObject({
      value: 'fallback',
      reason: 'ERROR',
      errorCode: 'PARSE_ERROR',
    })
  })

  it.each<[string, EvaluationContext]>([
    ['TARGETING_KEY_MISSING', {}],
    ['TARGETING_KEY_MISSING', { email: 'ada@example.com' }],
    ['TARGETING_KEY_MISSING', { targetingKey: '' }],
    ['TARGETING_KEY_MISSING', { kind: 'multi', user: { email: 'ada@example.com' } }],
    ['INVALID_CONTEXT', { targetingKey: 'ada', kind: 'kind' }],
    ['INVALID_CONTEXT', { kind: 'multi' }],
  ])('(S60) reports %s for %j', async (errorCode, context) => {
    expect(await ask('boolean-flag', false, context)).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode,
      errorMessage: expect.any(String),
    })
  })

  it('(S60) hooks see the result, and their context is used', async () => {
    const seen: string[] = []
    client.addHooks({
      before: () => ({ email: INSIDER_EMAIL }),
      after: (_, { value }) => void seen.push(`after ${JSON.stringify(value)}`),
      error: (_, error) => void seen.push(`error ${(error as { code?: string }).code}`),
      finally: (_, { reason }) => void seen.push(`finally ${reason}`),
    })
    await ask('integer-targeted-zero-flag', 7)
    await ask('missing-flag', 7)
    expect(seen).toEqual(['after 0', 'finally RULE_MATCH', 'error FLAG_NOT_FOUND', 'finally ERROR'])
  })
})

describe('the merged context of OpenFeature', () => {
  it('(S61) merges the levels API, client and call', async () => {
    OpenFeature.setContext({ targetingKey: TARGET, fn: 'Sulisław', ln: 'nobody' })
    client.setContext({ ln: 'Świętopełk', age: 30, customer: false })
    expect(await client.getStringValue('context-aware', 'fallback', { age: 29 })).toBe('INTERNAL')
    expect(await client.getStringValue('targeting-key-flag', 'fallback')).toBe('hit')
  })

  it('(S61) ignores the targeting key of another level in a context of several kinds', async () => {
    OpenFeature.setContext({ targetingKey: 'global' })
    const context = { kind: 'multi', user: { targetingKey: TARGET }, organization: { key: 'acme' } }
    expect(await ask('acme-only', 'fallback', context)).toMatchObject({ value: 'Acme' })
    expect(await ask('targeting-key-flag', 'fallback', context)).toMatchObject({ value: 'hit' })
    expect(await ask('acme-only', 'fallback', { kind: 'organization', targetingKey: 'acme' })).toMatchObject({
      value: 'Acme',
    })
  })

  it('(S61) logs each problem of contexts once, to the logger of OpenFeature', async () => {
    const warnings: unknown[] = []
    const logger = { error() {}, info() {}, debug() {}, warn: (message: unknown) => warnings.push(message) }
    client.setLogger(logger)
    for (const name of ['Ada', 'Grace']) {
      await ask('boolean-flag', false, { targetingKey: 'a', key: 'b', name })
      await ask('boolean-flag', false, { targetingKey: 'a', name: 7 })
    }
    expect(warnings).toEqual([
      '[halyard] a context has both a targetingKey and a key; the key is ignored',
      '[halyard] the name of a context must be a string; left out',
    ])
  })
})

describe('a provider without data', () => {
  it.each<[JsonValue]>([[false], ['bye'], [1], [{ a: 1 }]])(
    '(S60) returns the default %j while it initializes',
    async (defaultValue) => {
      const domain = newDomain()
      const waiting = OpenFeature.setProviderAndWait(domain, newProvider(servedBy(SILENT)))
      const ended = expect(waiting).rejects.toThrow()
      expect(
        await askOf(OpenFeature.getClient(domain), 'boolean-flag', defaultValue, SOMEBODY),
      ).toMatchObject({
        value: defaultValue,
        reason: 'ERROR',
        errorCode: 'PROVIDER_NOT_READY',
      })
      await OpenFeature.clearProviders()
      await ended
    },
  )

  it('(S60) returns the default if it is called without OpenFeature, too', async () => {
    const logger = { error() {}, warn() {}, info() {}, debug() {} }
    const provider = newProvider(servedBy(new TestData({ flags: FLAGS })))
    expect(await provider.resolveBooleanEvaluation('boolean-flag', false, SOMEBODY, logger)).toMatchObject({
      value: false,
      reason: 'ERROR',
      errorCode: 'PROVIDER_NOT_READY',
    })
  })
})
