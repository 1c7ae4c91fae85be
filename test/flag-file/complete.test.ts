import { expect, test } from 'vitest'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import type { FlagReader } from '../../src/evaluation/run.ts'
import { FlagFileError } from '../../src/flag-file/flag-file-error.ts'
import { type FlagFile, parseFlagFile } from '../../src/flag-file/parse.ts'
import { type Environment, makeScenario } from '../evaluation/differential/make-environment.ts'
import { answerOf, readerOf } from '../evaluation/differential/ours.ts'

await loadPatternEngine()

function parsed(section: 'flags' | 'segments', texts: ReadonlyMap<string, string>): FlagFile {
  const members = [...texts].map(([key, text]) => `${JSON.stringify(key)}: ${text}`)
  return parseFlagFile(`{"${section}": {${members.join()}}}`, 'f.json')
}

/** Returns the objects of a flag file. */
function accepted(
  section: 'flags' | 'segments',
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map(
    [...texts].filter((entry) => {
      try {
        return parsed(section, new Map([entry]))
      } catch (error) {
        if (error instanceof FlagFileError) return false
        throw error
      }
    }),
  )
}

test('S163.4: a completed flag evaluates like the flag in the file', () => {
  let asked = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    const { environment, contexts } = makeScenario(seed)
    const raw: Environment = {
      flags: accepted('flags', environment.flags),
      segments: accepted('segments', environment.segments),
    }
    const { flags } = parsed('flags', raw.flags)
    const { segments } = parsed('segments', raw.segments)
    const reader = readerOf(raw)
    const completed: FlagReader = {
      ...reader,
      flag: (key) => flags.get(key),
      segment: (key) => segments.get(key),
    }
    for (const context of contexts) {
      for (const key of raw.flags.keys()) {
        const expected = answerOf(evaluate, reader, key, context)
        // The flag in the result is the completed one.
        const flag = 'flag' in expected ? { flag: flags.get(key) } : {}
        const answer = answerOf(evaluate, completed, key, context)
        expect(answer, `seed ${seed}, flag ${key}`).toEqual({ ...expected, ...flag })
        asked += 1
      }
    }
  }
  expect(asked).toBeGreaterThan(1_000)
})
