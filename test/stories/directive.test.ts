import { describe, expect, it } from 'vitest'
import { CurrentPlan } from '../../src/datasystem/current-plan.ts'
import { DataSystem } from '../../src/datasystem/data-system.ts'
import { DEFAULT_TIMINGS, type Plan } from '../../src/datasystem/parts.ts'
import type { Directive, SourceResult } from '../../src/model/source-result.ts'
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

const second = 1_000
const minute = 60 * second

function ordering(result: SourceResult, directive: Directive = {}): SourceResult {
  return { ...result, directive }
}

function start(story: Story, plan: Partial<Plan>): DataSystem {
  const logger = { debug() {}, info() {}, warn: (line: string) => story.warnings.push(line), error() {} }
  return new DataSystem({
    plan: new CurrentPlan({ initializers: [], synchronizers: [], fdv1: [], ...plan }),
    sinks: [],
    prepare: () => undefined,
    mode: { protocol: 'fdv2', why: 'a test' },
    timings: DEFAULT_TIMINGS,
    clock: story.clock,
    random: () => 0,
    logger,
    dispose: () => Promise.resolve(),
  })
}

function opened(story: Story): string[] {
  return story.transcript.filter((line) => line.includes('open'))
}

describe('the order to use FDv1', () => {
  it.each<[name: string, results: SourceResult[], applied: boolean]>([
    ['a payload, which is applied first', [ordering(full('A', flag('a')))], true],
    ['"nothing new"', [ordering(none)], false],
    ['an error', [ordering(interrupted())], false],
    ['an error that would retire the source', [ordering(terminal(403))], false],
    ['a goodbye', [ordering(goodbye)], false],
  ])('(D8.3) is followed if it comes with %s', async (_, results, applied) => {
    const story = new Story()
    const dataSystem = start(story, {
      synchronizers: [
        story.source(
          'stream',
          results.map((result) => [0, result] as const),
          [[0, none]],
        ),
        story.source('poll', []),
      ],
      fdv1: [story.source('fdv1', [[second, full(undefined, flag('f'))]])],
    })
    await story.clock.advance(10 * minute)
    expect(opened(story)).toEqual(['0s open stream', expect.stringMatching(/^0s open fdv1/)])
    expect(story.transcript).toContain('0s close stream')
    expect(dataSystem.flag('f')).toBeDefined()
    expect(dataSystem.selector).toBeUndefined()
    expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'fdv1' })
    if (applied) expect(story.transcript.indexOf('0s close stream')).toBeGreaterThan(-1)
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D8.5) is followed after ten seconds without progress', async () => {
    const story = new Story()
    const dataSystem = start(story, {
      synchronizers: [
        story.source('stream', [
          [0, ordering(heartbeat)],
          [9 * second, progress],
          [9 * second, heartbeat],
        ]),
      ],
      fdv1: [story.source('fdv1', [[0, full(undefined)]])],
    })
    await story.clock.advance(minute)
    expect(opened(story)).toEqual(['0s open stream', '19s open fdv1'])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D8.7) given by an initializer skips all other FDv2 sources', async () => {
    const story = new Story()
    const dataSystem = start(story, {
      initializers: [story.source('init', [[0, ordering(interrupted())], 'end']), story.source('spare', [])],
      synchronizers: [story.source('stream', [])],
      fdv1: [story.source('fdv1', [[0, full(undefined)]])],
    })
    await story.clock.advance(minute)
    expect(opened(story)).toEqual(['0s open init', '0s open fdv1'])
    await dataSystem.close()
  })

  it.each<[directive: Directive, minutes: number]>([
    [{ ttlSeconds: 60 }, 1],
    [{ ttlSeconds: 3_600 }, 60],
    [{ ttlSeconds: 3_601 }, 60],
    [{ ttlSeconds: 0 }, 60],
    [{ ttlSeconds: -5 }, 60],
    [{}, 60],
  ])(
    '(D8.10) %o lasts %d min; then FDv1 is closed and FDv2 starts at its first source',
    async (directive, minutes) => {
      const story = new Story()
      const dataSystem = start(story, {
        synchronizers: [
          story.source('retired', [[0, terminal(401)]], [[0, full('B', flag('b'))]]),
          story.source('stream', [[0, ordering(full('A', flag('a')), directive)]]),
        ],
        fdv1: [story.source('fdv1', [[0, full(undefined, flag('f'))]])],
      })
      await story.clock.advance(minutes * minute - 1)
      expect(opened(story)).toEqual(['0s open retired', '0s open stream', '0s open fdv1 at A'])
      await story.clock.advance(second)
      const end = `${minutes * 60}s`
      expect(story.transcript.slice(-2)).toEqual([`${end} close fdv1`, `${end} open retired`])
      expect(dataSystem.flag('b')).toBeDefined()
      await dataSystem.close()
    },
  )

  it('(D8) leads to FDv1 again if the server repeats it', async () => {
    const story = new Story()
    const dataSystem = start(story, {
      synchronizers: [story.source('stream', [[0, ordering(none, { ttlSeconds: 60 })]])],
      fdv1: [story.source('fdv1', [[0, full(undefined)]])],
    })
    await story.clock.advance(150 * second)
    expect(opened(story)).toEqual([
      '0s open stream',
      '0s open fdv1',
      '60s open stream',
      '60s open fdv1',
      '120s open stream',
      '120s open fdv1',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D8.11) without an FDv1 source stops all requests until it ends', async () => {
    const story = new Story()
    const dataSystem = start(story, {
      initializers: [story.source('init', [[0, full('A', flag('a'))], 'end'])],
      synchronizers: [
        story.source(
          'stream',
          [
            [0, ordering(interrupted(), { ttlSeconds: 600 })],
            [0, none],
          ],
          [[0, none]],
        ),
      ],
    })
    await story.clock.advance(599 * second)
    expect(opened(story)).toEqual(['0s open init', '0s open stream at A'])
    expect(dataSystem.status.current).toMatchObject({ state: 'interrupted', nextAttempt: 600_000 })
    expect(dataSystem.flag('a')).toBeDefined()
    await story.clock.advance(second)
    expect(opened(story).at(-1)).toBe('600s open stream at A')
    await dataSystem.close()
  })

  it.each<[name: string, result: SourceResult, selectorAfter: string | undefined]>([
    ['data, which is applied first', ordering(partial('B', flag('b'))), undefined],
    ['a failure', ordering(terminal(403)), undefined],
  ])(
    '(D8) given to a candidate beside a fallback source is followed if it comes with %s',
    async (_, result) => {
      const story = new Story()
      const dataSystem = start(story, {
        synchronizers: [
          story.source('stream', [], [[second, result]]),
          story.source('poll', [[0, full('A', flag('a'))]]),
        ],
        fdv1: [story.source('fdv1', [[second, full(undefined, flag('f'))]])],
      })
      await story.clock.advance(20 * minute)
      expect(opened(story).slice(2)).toEqual([
        '310s open stream at A',
        expect.stringMatching(/^311s open fdv1/),
      ])
      expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'fdv1' })
      await dataSystem.close()
      expect(story.clock.armed).toBe(0)
    },
  )

  it('(D8) given to a fallback source closes the candidate that takes over meanwhile', async () => {
    const story = new Story()
    const dataSystem = start(story, {
      synchronizers: [
        story.source('stream', [], [[second, none]]),
        story.source('poll', [
          [0, full('A')],
          [300 * second, ordering(heartbeat)],
        ]),
      ],
      fdv1: [story.source('fdv1', [[0, full(undefined)]])],
    })
    await story.clock.advance(20 * minute)
    const count = (word: string): number =>
      story.transcript.filter((line) => line.includes(` ${word} `)).length
    expect(opened(story).at(-1)).toMatch(/open fdv1/)
    expect(count('open') - count('close')).toBe(1)
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })
})
