import { expect, it } from 'vitest'
import { CurrentPlan } from '../../src/datasystem/current-plan.ts'
import { DataSystem } from '../../src/datasystem/data-system.ts'
import { DEFAULT_TIMINGS, type Plan } from '../../src/datasystem/parts.ts'
import { Story } from '../support/story.ts'
import { flag, full, interrupted, none, terminal } from '../support/words.ts'

const second = 1_000
const minute = 60 * second
const NO_SOURCES: Plan = { initializers: [], synchronizers: [], fdv1: [] }

function start(story: Story, sources: Partial<Plan>) {
  const plan = new CurrentPlan({ ...NO_SOURCES, ...sources })
  const dataSystem = new DataSystem({
    plan,
    sinks: [],
    prepare: () => undefined,
    mode: { protocol: 'fdv2', why: 'a test' },
    timings: DEFAULT_TIMINGS,
    clock: story.clock,
    random: () => 0,
    logger: { debug() {}, info() {}, warn: (line) => story.warnings.push(line), error() {} },
    dispose: () => Promise.resolve(),
  })
  dataSystem.on('status', ({ state, source }) => story.write(`${state} ${source}`))
  const replace = (next: Partial<Plan>): void => plan.replace({ ...NO_SOURCES, ...next })
  return { dataSystem, replace }
}

it('(S206.6) the first new source continues from the data in memory, and the status stays valid', async () => {
  const story = new Story()
  const { dataSystem, replace } = start(story, {
    initializers: [story.source('init', [[0, full('A', flag('a'))]])],
    synchronizers: [story.source('old', [[0, none]])],
  })
  await story.clock.advance(minute)
  replace({
    initializers: [story.source('new init', [])],
    synchronizers: [story.source('new', [[second, none]])],
  })
  await story.clock.advance(minute)
  expect(story.transcript.slice(-3)).toEqual(['60s close old', '60s open new at A', '61s valid new'])
  expect(story.transcript.join()).not.toMatch(/interrupted|off|open new init/)
  expect(story.warnings).toEqual([])
  await dataSystem.close()
  expect(story.clock.armed).toBe(0)
})

it('(S206.6) new sources are opened at once while all former ones are retired, and after a backoff', async () => {
  const story = new Story()
  const { dataSystem, replace } = start(story, {
    synchronizers: [story.source('refused', [[0, terminal(401)]])],
  })
  await story.clock.advance(minute)
  expect(dataSystem.status.current.state).toBe('off')
  replace({ synchronizers: [story.source('broken', [[0, interrupted()], 'end'], [])] })
  await story.clock.advance(0)
  replace({ synchronizers: [story.source('new', [[0, full('A', flag('a'))]])] })
  await story.clock.advance(0)
  expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
    '0s open refused',
    '60s open broken',
    '60s open new',
  ])
  expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'new' })
  await dataSystem.close()
  expect(story.clock.armed).toBe(0)
})

it('(S206.7) an order to use FDv1 stays in force: the new FDv1 source replaces the former one', async () => {
  const story = new Story()
  const { dataSystem, replace } = start(story, {
    synchronizers: [story.source('fdv2', [[0, { ...none, directive: { ttlSeconds: 600 } }]])],
    fdv1: [story.source('fdv1', [[0, full(undefined, flag('a'))]])],
  })
  await story.clock.advance(minute)
  replace({
    synchronizers: [story.source('new fdv2', [[0, full('B', flag('b'))]])],
    fdv1: [story.source('new fdv1', [[0, full(undefined, flag('a', 2))]])],
  })
  await story.clock.advance(20 * minute)
  expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
    '0s open fdv2',
    '0s open fdv1',
    '60s open new fdv1',
    '600s open new fdv2',
  ])
  await dataSystem.close()
  expect(story.clock.armed).toBe(0)
})

it('(S206.6) a plan that is replaced while it initializes is used from the first synchronizer on', async () => {
  const story = new Story()
  const { dataSystem, replace } = start(story, {
    initializers: [story.source('init', [[5 * second, terminal(401)], 'end'])],
    synchronizers: [story.source('old', [])],
  })
  await story.clock.advance(second)
  replace({ synchronizers: [story.source('new', [[0, full('A', flag('a'))]])] })
  await story.clock.advance(minute)
  expect(story.transcript.filter((line) => line.includes('open'))).toEqual(['0s open init', '5s open new'])
  await dataSystem.close()
})
