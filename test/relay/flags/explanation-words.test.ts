import { expect, it } from 'vitest'
import type { Context } from '../../../src/evaluation/context.ts'
import { evaluateTraced, explanationOf } from '../../../src/evaluation/explain.ts'
import { loadPatternEngine } from '../../../src/evaluation/pattern-engine.ts'
import type { ExplainedLine } from '../../../src/relay/flags/explained-line.ts'
import { explanationLines } from '../../../src/relay/flags/explanation-words.ts'
import { resultWords } from '../../../src/relay/flags/reason-words.ts'
import { textOf } from '../../../src/relay/flags/sentence.ts'
import { withJunk } from '../../evaluation/differential/junk.ts'
import { makeScenario } from '../../evaluation/differential/make-environment.ts'
import { readerOf } from '../../evaluation/differential/ours.ts'
import { chosenSeeds } from '../../evaluation/differential/seeds.ts'
import { Random } from '../../support/random.ts'

await loadPatternEngine()

function textsOf(lines: readonly ExplainedLine[]): readonly string[] {
  return lines.flatMap(({ words, lines: inner = [] }) => [textOf(words), ...textsOf(inner)])
}

it('(PG25.1) any explanation has lines, of which exactly one decides', () => {
  let explained = 0
  for (const seed of chosenSeeds().slice(0, 20)) {
    for (const { environment, keys, contexts } of [
      makeScenario(seed),
      withJunk(new Random(seed), makeScenario(seed)),
    ]) {
      const reader = readerOf(environment)
      for (const key of keys) {
        for (const context of contexts.slice(0, 8)) {
          const evaluation = evaluateTraced(reader, key, context as Context)
          const explanation = explanationOf(key, context, evaluation)
          const lines = explanationLines(explanation, reader)
          expect(lines.filter(({ decides }) => decides)).toHaveLength(1)
          const texts = [textOf(resultWords(explanation.result)), ...textsOf(lines)]
          expect(texts.filter((text) => text === '' || text.includes('undefined'))).toEqual([])
          explained += texts.length
        }
      }
    }
  }
  expect(explained).toBeGreaterThan(5_000)
})

it('(PG25.1) names a variation of a flag whose key is longer than explanations show', () => {
  const key = 'k'.repeat(250)
  const flag = { key, version: 1, on: true, variations: ['a', 'b'], fallthrough: { variation: 1 } }
  const reader = { flag: () => flag, segment: () => undefined }
  const context: Context = { kind: 'user', key: 'u' }
  const explanation = explanationOf(key, context, evaluateTraced(reader, key, context))
  const lines = explanationLines(explanation, { flag: (each) => (each === key ? flag : undefined) })
  expect(textsOf(lines).at(-1)).toBe('It serves variation 1.')
})
