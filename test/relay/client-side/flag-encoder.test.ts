import { describe, expect, it } from 'vitest'
import { prepare } from '../../../src/evaluation/context.ts'
import type { Evaluation } from '../../../src/evaluation/detail.ts'
import { evaluatePrepared } from '../../../src/evaluation/evaluate.ts'
import { FlagEncoders } from '../../../src/relay/client-side/flag-encoder.ts'
import { constant } from '../../support/stored.ts'

const reader = { flag: () => undefined, segment: () => undefined }
const form = { protocol: 'fdv1', withReasons: false } as const

function evaluate(flag: object, key = 'u-1'): Evaluation {
  const context = prepare({ kind: 'user', key })
  if (context === undefined) throw new Error('the context is valid')
  return evaluatePrepared(reader, flag, context)
}

const targets = [{ values: ['u-2'], variation: 1 }]

describe('FlagEncoders', () => {
  it('(CS6.3) encode each result of a flag once', () => {
    const flag = constant('a', 1, 0, { targets, variations: [{ b: 1 }, { c: 1 }] })
    const item = { key: 'a', version: 1, object: flag }
    const encoders = new FlagEncoders(form)
    const json = encoders.of(item).encode(evaluate(flag))
    expect(json).toBe('"a":{"value":{"b":1},"variation":0,"version":1}')
    // If the JSON were made again, it would have the changed value.
    Object.assign(evaluate(flag).value as object, { b: 2 })
    expect(encoders.of(item).encode(evaluate(flag))).toBe(json)
    expect(encoders.of(item).encode(evaluate(flag, 'u-2'))).toContain('"variation":1')
  })

  it('encode a flag again if only the version of its envelope has changed', () => {
    const flag = constant('a', 1, 'x', { targets })
    const encoders = new FlagEncoders(form)
    const versions = [1, 2].map((version) =>
      encoders.of({ key: 'a', version, object: flag }).encode(evaluate(flag)),
    )
    expect(versions.map((json) => /"version":(.)/.exec(json)?.[1])).toEqual(['1', '2'])
  })

  it('know the flags with the same result for all contexts', () => {
    const constantOf = (members: object): string | undefined =>
      new FlagEncoders(form).of({ key: 'a', version: 1, object: constant('a', 1, 'x', members) }).constant
    const json = '"a":{"value":"x","variation":0,"version":1}'
    expect(constantOf({})).toBe(json)
    expect(constantOf({ on: false, offVariation: 0, targets })).toBe(json)
    expect(constantOf({ fallthrough: { variation: 7 } })).toBe(
      '"a":{"value":null,"variation":null,"version":1}',
    )
    const rollout = { variations: [{ variation: 0, weight: 100_000 }] }
    const dependent = [
      { targets },
      { contextTargets: [{ contextKind: 'org', values: ['o'], variation: 0 }] },
      { rules: [{ variation: 0, clauses: [] }] },
      { prerequisites: [{ key: 'b', variation: 0 }] },
      { fallthrough: { rollout } },
      { rules: 'malformed' },
    ]
    expect(dependent.map(constantOf)).toEqual(dependent.map(() => undefined))
  })
})
