import { expect, it } from 'vitest'
import { prepare } from '../../../src/evaluation/context.ts'
import type { Evaluation } from '../../../src/evaluation/detail.ts'
import { evaluatePrepared } from '../../../src/evaluation/evaluate.ts'
import { FlagJson } from '../../../src/relay/client-side/flag-json.ts'
import { constant } from '../../support/stored.ts'

const reader = { flag: () => undefined, segment: () => undefined }

function evaluate(flag: object): Evaluation {
  const context = prepare({ kind: 'user', key: 'u-1' })
  if (context === undefined) throw new Error('the context is valid')
  return evaluatePrepared(reader, flag, context)
}

it('(CS6.3) encodes an evaluation once', () => {
  const flag = constant('a', 1, { b: 1 })
  const json = new FlagJson({ protocol: 'fdv1', withReasons: false })
  const visible = { key: 'a', version: 1, flag }
  const first = json.of(visible, evaluate(flag))
  // A value that has changed shows that the JSON is not made again.
  ;(evaluate(flag).value as { b: number }).b = 2
  expect(json.of(visible, evaluate(flag))).toBe(first)
  expect(first).toBe('"a":{"value":{"b":1},"variation":0,"version":1}')
})

it('encodes an evaluation again if only the version of the envelope has changed', () => {
  const flag = constant('a', 1, 'x')
  const json = new FlagJson({ protocol: 'fdv1', withReasons: false })
  const versions = [1, 2].map((version) => json.of({ key: 'a', version, flag }, evaluate(flag)))
  expect(versions).toEqual([
    '"a":{"value":"x","variation":0,"version":1}',
    '"a":{"value":"x","variation":0,"version":2}',
  ])
})
