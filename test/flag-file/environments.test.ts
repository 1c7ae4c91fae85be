import { expect, test } from 'vitest'
import { generateEnvironment } from '../../fixtures/environments/generate.ts'
import { parseFlagFile } from '../../src/flag-file/parse.ts'

const environment = generateEnvironment({ flags: 1_000, segments: 45 })

test('a generated environment is a flag file', () => {
  const { flags, segments } = parseFlagFile(JSON.stringify(environment), 'generated.json')
  expect([flags.size, segments.size]).toEqual([1_000, 45])
})

test('the same seed generates the same environment, another seed a different one', () => {
  const small = { flags: 20, segments: 2 }
  expect(generateEnvironment(small)).toEqual(generateEnvironment({ ...small, seed: 1 }))
  expect(generateEnvironment(small)).not.toEqual(generateEnvironment({ ...small, seed: 2 }))
})

test('flags have about the size and the share of booleans of the baseline', () => {
  const flags = Object.values(environment.flags)
  const meanBytes = JSON.stringify(flags).length / flags.length
  expect(meanBytes).toBeGreaterThan(1_300)
  expect(meanBytes).toBeLessThan(1_600)
  const booleans = flags.filter(({ variations }) => typeof variations?.[0] === 'boolean').length
  expect(booleans / flags.length).toBeCloseTo(0.6, 1)
})

test('prerequisites form no cycle, and every reference exists', () => {
  const keys = Object.keys(environment.flags)
  for (const [index, flag] of Object.values(environment.flags).entries()) {
    for (const { key } of flag.prerequisites ?? []) expect(keys.indexOf(key)).toBeLessThan(index)
    const clauses = flag.rules?.flatMap((rule) => rule.clauses ?? []) ?? []
    for (const { op, values } of clauses) {
      if (op === 'segmentMatch') expect(environment.segments).toHaveProperty(String(values[0]))
    }
  }
})
