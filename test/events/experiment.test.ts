import { expect, it } from 'vitest'
import type { Reason } from '../../src/evaluation/detail.ts'
import { isExperiment } from '../../src/evaluation/experiment.ts'
import type { Flag } from '../../src/model/flag.ts'

const flag: Flag = {
  trackEventsFallthrough: true,
  rules: [
    { variation: 0, trackEvents: true },
    { variation: 0, trackEvents: false },
  ],
}

it.each<[string, Flag, Reason, boolean]>([
  ['a tracked fallthrough', flag, { kind: 'FALLTHROUGH' }, true],
  ['a fallthrough that is not tracked', {}, { kind: 'FALLTHROUGH' }, false],
  ['a fallthrough in an experiment', {}, { kind: 'FALLTHROUGH', inExperiment: true }, true],
  ['a tracked rule', flag, { kind: 'RULE_MATCH', ruleIndex: 0 }, true],
  ['a rule that is not tracked', flag, { kind: 'RULE_MATCH', ruleIndex: 1 }, false],
  ['a rule in an experiment', flag, { kind: 'RULE_MATCH', ruleIndex: 1, inExperiment: true }, true],
  ['a rule that the flag does not have', flag, { kind: 'RULE_MATCH', ruleIndex: 7 }, false],
  ['a target', flag, { kind: 'TARGET_MATCH' }, false],
  ['a flag that is off', flag, { kind: 'OFF' }, false],
])('returns whether %s is an experiment', (_, given, reason, expected) => {
  expect(isExperiment(given, reason)).toBe(expected)
})
