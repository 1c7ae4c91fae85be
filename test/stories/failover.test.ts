import { describe, expect, it } from 'vitest'
import { Story } from '../support/story.ts'
import { flag, full, goodbye, interrupted, none, partial, progress, terminal } from '../support/words.ts'

const second = 1_000
const minute = 60 * second

describe('failover', () => {
  it('(D4.5, D5.1) leaves a stream after a minute of interruption, and returns after five minutes of the fallback source', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('init', [[0, full('A', flag('a'))], 'end'])],
      synchronizers: [
        story.source(
          'stream',
          [
            [0, none],
            [minute, interrupted()],
          ],
          [[0, partial('C', flag('c'))]],
        ),
        story.source('poll', [
          [second, partial('B', flag('b'))],
          [minute, none],
          [minute, none],
        ]),
      ],
    })
    await story.clock.advance(10 * minute)
    await dataSystem.close()
    expect(story.transcript).toEqual([
      '0s open init',
      '0s valid init',
      '0s close init',
      '0s open stream at A',
      '0s valid stream',
      '60s interrupted stream',
      '120s close stream',
      '120s interrupted poll',
      '120s open poll at A',
      '121s valid poll',
      '421s open stream at B',
      '421s close poll',
      '421s valid stream',
      '600s close stream',
      '600s off stream',
    ])
    expect(dataSystem.flag('a') && dataSystem.flag('b') && dataSystem.flag('c')).toBeDefined()
    expect(story.clock.armed).toBe(0)
  })

  it('(D4.2) leaves a source that sends nothing after ten seconds', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('stream', []), story.source('poll', [[0, full('A')]])],
    })
    await story.clock.advance(20 * second)
    expect(story.transcript).toContain('10s close stream')
    expect(story.transcript).toContain('10s valid poll')
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D4.4) waits while a payload makes progress, at most two minutes in all', async () => {
    const story = new Story()
    const trickle = Array.from({ length: 30 }, () => [9 * second, progress] as const)
    const dataSystem = story.start({
      synchronizers: [story.source('stream', trickle), story.source('poll', [[0, full('A')]])],
    })
    await story.clock.advance(3 * minute)
    expect(story.transcript.filter((line) => line.includes('close stream'))).toEqual(['120s close stream'])
    await dataSystem.close()
  })

  it('(D4.6) counts from the first interruption: further interruptions and signs of life do not extend the time', async () => {
    const story = new Story()
    const flapping = Array.from({ length: 30 }, () => [20 * second, interrupted()] as const)
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [[0, full('A')], ...flapping]),
        story.source('poll', [[0, none]]),
      ],
    })
    await story.clock.advance(2 * minute)
    expect(story.transcript).toContain('80s close stream')
    await dataSystem.close()
  })

  it('(D4.9, D7) falls back after a goodbye without later data too', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [0, goodbye],
        ]),
        story.source('poll', [[0, none]]),
      ],
    })
    await story.clock.advance(2 * minute)
    expect(story.transcript).toContain('60s valid poll')
    await dataSystem.close()
  })

  it('(D4.8) stays with a source whose interruption ends in time, because data cancels the timer', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [second, interrupted()],
          [50 * second, none],
        ]),
        story.source('poll', [[0, none]]),
      ],
    })
    await story.clock.advance(10 * minute)
    expect(story.transcript.join()).not.toContain('open poll')
    await dataSystem.close()
  })

  it('(D4.1) continues the turn of a source without an alternative', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [second, interrupted()],
        ]),
      ],
    })
    await story.clock.advance(60 * minute)
    expect(story.transcript.slice(1)).toEqual(['0s open stream', '0s valid stream', '1s interrupted stream'])
    await dataSystem.close()
  })

  it('(D5.5) keeps the fallback source after a candidate failed, and tries again after the same time', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [], [[second, interrupted('still down')]], [], [[2 * second, none]]),
        story.source('poll', [[0, full('A')]]),
      ],
    })
    await story.clock.advance(30 * minute)
    expect(story.transcript).toEqual([
      '0s initializing stream',
      '0s open stream',
      '10s close stream',
      '10s initializing poll',
      '10s open poll',
      '10s valid poll',
      '310s open stream at A',
      '311s close stream',
      '611s open stream at A',
      '621s close stream', // sent nothing for ten seconds
      '921s open stream at A',
      '923s close poll',
      '923s valid stream',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D5.3) discards the result of a candidate at an old basis, and opens it again', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source(
          'stream',
          [],
          [[5 * second, partial('stale', flag('stale'))]],
          [[second, partial('D', flag('d'))]],
        ),
        // Changes memory from A to B before the first result of the candidate, which was opened at A.
        story.source('poll', [
          [0, full('A', flag('a'))],
          [302 * second, partial('B', flag('b'))],
        ]),
      ],
    })
    await story.clock.advance(10 * minute)
    expect(story.transcript.filter((line) => line.includes('open stream'))).toEqual([
      '0s open stream',
      '310s open stream at A',
      '315s open stream at B',
    ])
    expect(dataSystem.flag('stale')).toBeUndefined()
    expect(dataSystem.selector?.state).toBe('D')
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D5.3) notices a change of memory without a selector', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source(
          'stream',
          [],
          [[5 * second, full('OLD', flag('a', 1))]],
          [[second, full('NEW', flag('a', 3))]],
        ),
        story.source('poll', [
          [0, full(undefined, flag('a', 1))],
          [303 * second, full(undefined, flag('a', 2))],
        ]),
      ],
    })
    await story.clock.advance(315.5 * second)
    expect(dataSystem.flag('a')?.version).toBe(2)
    await story.clock.advance(2 * second)
    expect(dataSystem.flag('a')?.version).toBe(3)
    await dataSystem.close()
  })

  it('(D5.3) opens an outdated candidate once more, and tries again after the same time', async () => {
    const story = new Story()
    const moving = Array.from(
      { length: 5_000 },
      (_, step) => [200, partial(`B${step}`, flag('b', step))] as const,
    )
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [], [[second, none]]),
        story.source('poll', [[0, full('A')], ...moving]),
      ],
    })
    await story.clock.advance(700 * second)
    expect(story.transcript.filter((line) => line.includes('open stream'))).toHaveLength(5)
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D5.1) counts only continuous validity of the fallback source', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [], [[0, none]]),
        story.source('poll', [
          [0, full('A')],
          [200 * second, interrupted()],
          [second, none],
        ]),
      ],
    })
    await story.clock.advance(10 * minute)
    expect(story.transcript.filter((line) => line.includes('open stream'))).toEqual([
      '0s open stream',
      '511s open stream at A',
    ])
    await dataSystem.close()
  })

  it('(D9.5) retires a source that failed permanently, and is off without sources, but still serves', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('init', [[0, full('A', flag('a'))], 'end'])],
      synchronizers: [
        story.source('stream', [[0, terminal(401)]]),
        story.source('poll', [[second, terminal(403)]]),
      ],
    })
    await story.clock.advance(minute)
    expect(dataSystem.status.current).toMatchObject({
      state: 'off',
      lastError: { status: 403, source: 'poll' },
      nextAttempt: 10 * minute,
    })
    expect(dataSystem.flag('a')).toEqual({ key: 'a', version: 1 })
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D9.2) tries retired sources again after 10 min, doubling to an hour, and recovers if one works', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('stream', ...Array(5).fill([[0, terminal(401)]]), [[0, full('A')]])],
    })
    await story.clock.advance(300 * minute)
    expect(story.transcript.filter((line) => line.includes('open'))).toEqual(
      [0, 10, 30, 70, 130, 190].map((minutes) => `${minutes * 60}s open stream`),
    )
    expect(dataSystem.status.current).toMatchObject({ state: 'valid', since: 190 * minute })
    await dataSystem.close()
  })

  it('(D9.3) tries a retired source beside the fallback source, not instead of it', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [[0, terminal(401)]], [[0, terminal(401)]], [[0, none]]),
        story.source('poll', [[0, full('A')]]),
      ],
    })
    await story.clock.advance(60 * minute)
    // Sources are checked every five minutes. At 10 min the stream fails and is retired for 20 min more.
    expect(story.transcript.filter((line) => /open|close/.test(line))).toEqual([
      '0s open stream',
      '0s close stream',
      '0s open poll',
      '600s open stream at A',
      '600s close stream',
      '1800s open stream at A',
      '1800s close poll',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D4.1) continues the turn while all other sources are retired, and ends it when one may be tried', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A')],
          [second, interrupted()],
        ]),
        story.source('poll', [[0, terminal(401)]], [[0, none]]),
      ],
      initializers: [],
    })
    await story.clock.advance(5 * minute)
    // The stream is left once for the poll, which is retired at once. Then there is no alternative.
    expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
      '0s open stream',
      '61s open poll at A',
      '61s open stream at A',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D10.6) waits after a round of all sources without data', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('stream', []), story.source('poll', [])],
    })
    await story.clock.advance(25 * second)
    expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
      '0s open stream',
      '10s open poll',
      '21s open stream',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D10.6) waits after a source ended by itself', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('static', [[0, full(undefined, flag('a'))], 'end'])],
    })
    await story.clock.advance(minute)
    expect(story.transcript.filter((line) => line.includes('open')).length).toBeLessThan(10)
    expect(dataSystem.flag('a')).toBeDefined()
    await dataSystem.close()
  })

  it('(D12.5) never shares selectors between a source with its own scope and other sources', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        story.scoped(
          'edge',
          'EDGE',
          [
            [0, full('E1')],
            [0, interrupted()],
          ],
          [[0, none]],
        ),
        story.source('poll', [[0, full('P1')]]),
      ],
    })
    await story.clock.advance(10 * minute)
    expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
      '0s open edge',
      '60s open poll',
      '360s open edge',
    ])
    await dataSystem.close()
  })
})

describe('sources that violate their interface', () => {
  it('(S3.1) retires a source that throws, with an unknown error', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [{ name: 'broken', sync: () => failing() }, story.source('poll', [[0, full('A')]])],
    })
    await story.clock.advance(second)
    expect(dataSystem.status.current).toMatchObject({
      state: 'valid',
      lastError: { kind: 'unknown', source: 'broken' },
    })
    await dataSystem.close()
  })

  it('(S3) retires a source that throws before it returns an iterator, active or candidate', async () => {
    for (const order of ['first', 'second'] as const) {
      const story = new Story()
      let calls = 0
      const broken = {
        name: 'broken',
        sync: () => {
          if (order === 'second' && calls++ === 0)
            return story.source('hung', []).sync(undefined, new AbortController().signal)
          throw new Error('boom')
        },
      }
      const dataSystem = story.start({ synchronizers: [broken, story.source('poll', [[0, full('A')]])] })
      await story.clock.advance(400 * second)
      expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'poll' })
      await dataSystem.close()
      expect(story.clock.held).toBe(0)
    }
  })

  it('(S3) drops a transaction with an unknown kind, and keeps the held data', async () => {
    const story = new Story()
    const wrong = { op: 'put', kind: 'flags', key: 'x', version: 1, object: {} } as never
    const dataSystem = story.start({
      synchronizers: [
        story.source('stream', [
          [0, full('A', flag('a'))],
          [second, full('B', flag('b'), wrong)],
        ]),
      ],
    })
    await story.clock.advance(2 * second)
    expect(dataSystem.flag('a')).toBeDefined()
    expect(dataSystem.selector?.state).toBe('A')
    await dataSystem.close()
  })

  it('(S3.2) ends a source that ignores its signal, and applies none of its later results', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [
        {
          name: 'uncooperative',
          async *sync() {
            await new Promise<void>((resolve) => story.clock.after(15 * second, resolve))
            yield full('LATE', flag('late'))
          },
        },
        story.source('poll', [[0, full('A')]]),
      ],
    })
    await story.clock.advance(minute)
    expect(dataSystem.selector?.state).toBe('A')
    await dataSystem.close()
  })
})

// biome-ignore lint/correctness/useYield: it throws before its first result
async function* failing(): AsyncGenerator<never> {
  throw new Error('the source failed')
}
