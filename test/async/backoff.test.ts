import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Backoff, spread } from '../../src/async/backoff.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const HOUR_MS = 3_600_000
/** The least and the most a source of chance in [0, 1) gives. */
const LEAST = () => 0
const MOST = () => 1 - Number.EPSILON

function backoffWith(
  random: () => number,
  more: { baseMs?: number; maxMs?: number; resetAfterMs?: number } = {},
) {
  const clock = new VirtualClock()
  return { clock, backoff: new Backoff({ clock, random, baseMs: 1_000, ...more }) }
}

const failures = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, () => backoff.failed())

describe('Backoff (D10)', () => {
  it('doubles from the base up to 30 s', () => {
    const { backoff } = backoffWith(LEAST)
    expect(failures(backoff, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('takes away half at most', () => {
    const { backoff } = backoffWith(MOST)
    expect(failures(backoff, 7).map(Math.round)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  })

  it('stays between half and the whole of each step, whatever chance says and for ever', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const property = fc.property(fc.integer({ min: 1, max: 100_000 }), chance, (baseMs, random) => {
      const { backoff } = backoffWith(() => random, { baseMs })
      failures(backoff, 1_100).forEach((delay, n) => {
        const whole = Math.min(30_000, baseMs * 2 ** n)
        if (!(delay <= whole && delay >= whole / 2)) throw new Error(`failure ${n} waits ${delay}`)
      })
    })
    fc.assert(property, { numRuns: 50 })
  })

  it('draws anew for each failure', () => {
    const draws = [0, 0.5, 0.25]
    const { backoff } = backoffWith(() => draws.shift() ?? 0)
    // The draw of an absent Retry-After counts, too: two per failure.
    expect(backoff.failed()).toBe(1_000)
    expect(backoff.failed()).toBe(2_000 * 0.875)
  })

  it('believes a lower cap', () => {
    const { backoff } = backoffWith(LEAST, { maxMs: 1_500 })
    expect(failures(backoff, 3)).toEqual([1_000, 1_500, 1_500])
  })

  describe('starts afresh only after 60 s of health', () => {
    it('not after a success and 59,999 ms', async () => {
      const { clock, backoff } = backoffWith(LEAST)
      failures(backoff, 3)
      backoff.succeeded()
      await clock.advance(59_999)
      expect(backoff.failed()).toBe(8_000)
    })

    it('but after a success and 60,000 ms', async () => {
      const { clock, backoff } = backoffWith(LEAST)
      failures(backoff, 3)
      backoff.succeeded()
      await clock.advance(60_000)
      expect(failures(backoff, 2)).toEqual([1_000, 2_000])
    })

    it('counted from the first success of the period', async () => {
      const { clock, backoff } = backoffWith(LEAST)
      failures(backoff, 3)
      for (let i = 0; i < 6; i++) {
        backoff.succeeded()
        await clock.advance(10_000)
      }
      expect(backoff.failed()).toBe(1_000)
    })

    it('and a failure ends the period', async () => {
      const { clock, backoff } = backoffWith(LEAST)
      backoff.succeeded()
      await clock.advance(59_000)
      backoff.failed()
      await clock.advance(59_000)
      backoff.succeeded()
      await clock.advance(59_000)
      expect(backoff.failed()).toBe(2_000)
    })

    it('and silence is not health', async () => {
      const { clock, backoff } = backoffWith(LEAST)
      failures(backoff, 3)
      await clock.advance(HOUR_MS)
      expect(backoff.failed()).toBe(8_000)
    })
  })

  describe('waits no less than the server asks', () => {
    it('plus up to half', () => {
      expect(backoffWith(LEAST).backoff.failed(120_000)).toBe(120_000)
      expect(backoffWith(MOST).backoff.failed(120_000)).toBeCloseTo(180_000)
    })

    it('but no less than its own delay either', () => {
      const { backoff } = backoffWith(LEAST)
      failures(backoff, 4)
      expect(backoff.failed(2_000)).toBe(16_000)
    })

    it('but believes no more than an hour', () => {
      expect(backoffWith(LEAST).backoff.failed(Number.POSITIVE_INFINITY)).toBe(HOUR_MS)
      expect(backoffWith(MOST).backoff.failed(24 * HOUR_MS)).toBeCloseTo(1.5 * HOUR_MS)
    })

    it('and counts that failure like any other', () => {
      const { backoff } = backoffWith(LEAST)
      backoff.failed(60_000)
      expect(backoff.failed()).toBe(2_000)
    })
  })
})

describe('spread (D10)', () => {
  it.each([
    [0, 0, 0],
    [1_000, 1_000, 1_500],
    [HOUR_MS, HOUR_MS, 1.5 * HOUR_MS],
    [2 * HOUR_MS, HOUR_MS, 1.5 * HOUR_MS],
  ])('turns %d ms into %d to %d ms', (floorMs, least, most) => {
    expect(spread(floorMs, LEAST)).toBe(least)
    expect(spread(floorMs, MOST)).toBeCloseTo(most)
  })
})
