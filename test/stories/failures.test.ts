import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { FAILURES } from './failures/failures.ts'
import { rowOf } from './failures/row.ts'
import { Service, status } from './failures/service.ts'

/**
 * Compares each row of docs/failures.md with a run of its failure on virtual time, except for the last column, which has
 * measurements of the official SDK.
 */
const page = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8')

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| What fails'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, ...cells]) => cells.slice(0, 6))

describe('docs/failures.md', () => {
  it('has a row for each failure', () => {
    expect(rows.map(([name]) => name)).toEqual(FAILURES.map(({ name }) => name))
  })

  for (const failure of FAILURES) {
    it(`(D4, D5, D8, D9, D10, D23) ${failure.name}`, async () => {
      expect(
        rows.find(([name]) => name === failure.name),
        'If this change of behaviour is intended, run `npm run failures`, which measures the table of docs/failures.md again',
      ).toEqual(await rowOf(failure))
    })
  }
})

describe('Retry-After', () => {
  it('(D10.4) applies across the turns of a source', async () => {
    const clock = new VirtualClock()
    const service = new Service(clock)
    const requestedAt: number[] = []
    await using _system = createDataSystem('sdk-key', presets.default(), {
      transport: service,
      clock,
      random: () => 0,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    })
    await clock.advance(60_000)
    const unavailable = status(503, { 'retry-after': '120' })
    service.poll = unavailable
    service.stream = (...request) => {
      requestedAt.push(clock.monotonic())
      return unavailable(...request)
    }
    service.cut()
    await clock.advance(600_000)
    const pauses = requestedAt.slice(1).map((at, index) => at - (requestedAt[index] as number))
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(120_000)
  })
})
