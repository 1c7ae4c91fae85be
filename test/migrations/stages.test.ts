import { expect, it } from 'vitest'
import { IsMigrationStage, LDMigrationStage, STAGE_PLANS } from '../../src/migrations/stages.ts'

it.each([
  ['off', 'old', 'old', 'old'],
  ['dualwrite', 'old', 'old new', 'old'],
  ['shadow', 'old new', 'old new', 'old'],
  ['live', 'old new', 'new old', 'new'],
  ['rampdown', 'new', 'new old', 'new'],
  ['complete', 'new', 'new', 'new'],
] as const)('(MG1.1) %s reads %s, writes %s, and returns %s', (stage, reads, writes, authoritative) => {
  const plan = STAGE_PLANS[stage]
  expect([plan.reads.join(' '), plan.writes.join(' '), plan.authoritative]).toEqual([
    reads,
    writes,
    authoritative,
  ])
  expect(plan.writes[0]).toBe(plan.authoritative)
})

it('recognizes the names of stages only', () => {
  expect(Object.values(LDMigrationStage).every(IsMigrationStage)).toBe(true)
  for (const other of ['', 'Off', 'toString', '__proto__', null, undefined, 1, ['off']])
    expect(IsMigrationStage(other)).toBe(false)
})
