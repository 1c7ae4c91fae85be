import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Story } from '../support/story.ts'
import {
  flag,
  full,
  goodbye,
  heartbeat,
  interrupted,
  none,
  partial,
  progress,
  terminal,
} from '../support/words.ts'

const words = [
  full('A', flag('a')),
  full(undefined, flag('b')),
  partial('B', flag('c')),
  none,
  progress,
  heartbeat,
  goodbye,
  interrupted(),
  terminal(),
]

const opening = fc.array(fc.tuple(fc.integer({ min: 0, max: 400_000 }), fc.constantFrom(...words)), {
  maxLength: 6,
})

describe('closing', () => {
  it('(D20.4) at any moment leaves no timer pending, no connection open and no memory held', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(opening, { minLength: 1, maxLength: 3 }),
        fc.array(opening, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 1_500_000 }),
        async (streamOpenings, pollOpenings, lifeMs) => {
          const story = new Story()
          const dataSystem = story.start({
            initializers: [story.source('init', ...pollOpenings)],
            synchronizers: [story.source('stream', ...streamOpenings), story.source('poll', ...pollOpenings)],
          })
          const waiting = dataSystem.waitForInitialization({ timeoutMs: 60_000 }).catch(() => {})
          await story.clock.advance(lifeMs)
          await dataSystem.close()
          await waiting
          expect(story.clock.armed).toBe(0)
          expect(story.clock.held).toBe(0)
          const count = (word: string): number =>
            story.transcript.filter((line) => line.includes(` ${word} `)).length
          expect(count('close')).toBe(count('open'))
          expect(dataSystem.status.current.state).toBe('off')
        },
      ),
      { numRuns: 200 },
    )
  })

  it('continues to serve the held data', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [[0, full('A', flag('a'))]])] })
    await story.clock.advance(0)
    await dataSystem.close()
    await dataSystem.close()
    expect(dataSystem.flag('a')).toEqual({ key: 'a', version: 1 })
  })
})
