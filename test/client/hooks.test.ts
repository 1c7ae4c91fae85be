import { expect, it } from 'vitest'
import type { EvaluationSeriesContext, EvaluationSeriesData, Hook } from '../../src/client/hooks.ts'
import { Hooks } from '../../src/client/hooks.ts'
import type { Detail } from '../../src/evaluation/detail.ts'
import { both, holding, notes, serve, serving, user } from './starting.ts'

/** Returns a hook that records its calls. */
class Witness implements Hook {
  readonly #name: string
  readonly #lines: unknown[]

  constructor(name: string, lines: unknown[]) {
    this.#name = name
    this.#lines = lines
  }

  getMetadata(): { readonly name: string } {
    return { name: this.#name }
  }

  beforeEvaluation(series: EvaluationSeriesContext, data: EvaluationSeriesData): EvaluationSeriesData {
    this.#lines.push(['before', this.#name, series, data])
    return { ...data, from: this.#name }
  }

  afterEvaluation(
    series: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: Detail,
  ): EvaluationSeriesData {
    this.#lines.push(['after', this.#name, series, data, detail])
    return data
  }
}

const detail = { value: true, variationIndex: 0, reason: { kind: 'FALLTHROUGH' } }

it('(S42.2) calls hooks in order before an evaluation and in reverse after it, each with its own data', async () => {
  const lines: unknown[] = []
  const { client } = await holding([serving('a', true)], { hooks: [new Witness('one', lines)] })
  client.addHook(new Witness('two', lines))
  expect(client.sync.boolVariation('a', user, false)).toBe(true)
  const series = { flagKey: 'a', context: user, defaultValue: false, method: 'LDClient.boolVariation' }
  expect(lines).toEqual([
    ['before', 'one', series, {}],
    ['before', 'two', series, {}],
    ['after', 'two', series, { from: 'two' }, detail],
    ['after', 'one', series, { from: 'one' }, detail],
  ])
})

it('(S42) calls hooks with the same arguments as the official SDK, for each method', async () => {
  const { ours, theirs } = await both(await serve({ flags: { a: { version: 1, ...serving('a', true) } } }))
  const seen: { readonly ours: unknown[]; readonly theirs: unknown[] } = { ours: [], theirs: [] }
  ours.addHook(new Witness('witness', seen.ours))
  theirs.addHook?.(new Witness('witness', seen.theirs))
  for (const client of [ours, theirs]) {
    await client.variation('a', user, 1)
    await client.variationDetail('a', user, 1)
    await client.boolVariation('a', user, false)
    await client.boolVariationDetail('unknown', user, false)
    await client.numberVariation('a', user, 1)
    await client.numberVariationDetail('a', user, 1)
    await client.stringVariation('a', user, '')
    await client.stringVariationDetail('a', user, '')
    await client.jsonVariation('a', user, [])
    await client.jsonVariationDetail('a', user, [])
  }
  expect(seen.ours).toEqual(seen.theirs)
  expect(seen.ours).toHaveLength(20)
})

it('(S42) does not call hooks for evaluations that the application did not request', async () => {
  const lines: unknown[] = []
  const { client, data } = await holding([serving('a', 1)], { hooks: [new Witness('one', lines)] })
  client.onValueChange('a', user, 0, () => {})
  data.flagValue('a', 2)
  await client.allFlagsState(user)
  expect(lines).toEqual([])
})

it('(S42.3) logs a stage that throws with the name of its hook, and does not affect other hooks or the result', async () => {
  const lines: unknown[] = []
  const broken: Hook = {
    getMetadata: () => ({ name: 'broken' }),
    beforeEvaluation() {
      throw new Error('no beginning')
    },
    afterEvaluation(_series, data) {
      lines.push(data)
      throw new Error('no end')
    },
  }
  const nameless: Hook = {
    getMetadata() {
      throw new Error('no name')
    },
    beforeEvaluation() {
      throw new Error('no beginning either')
    },
  }
  const { client, log } = await holding([serving('a', true)], {
    hooks: [broken, nameless, new Witness('whole', lines)],
  })
  expect(client.sync.boolVariationDetail('a', user, false)).toEqual(detail)
  expect(lines).toHaveLength(3)
  expect(lines.at(-1)).toEqual({})
  expect(log.filter((line) => line.startsWith('error'))).toEqual([
    'error: An error was encountered in "beforeEvaluation" of the "broken" hook: Error: no beginning',
    'error: An error was encountered in "beforeEvaluation" of the "unknown" hook: Error: no beginning either',
    'error: An error was encountered in "afterEvaluation" of the "broken" hook: Error: no end',
  ])
})

it('(S42.4) ignores a value that is not a hook, with a warning', async () => {
  const { client, log } = await holding([serving('a', true)])
  for (const wrong of [null, 5, {}, { getMetadata: 'a name' }]) client.addHook(wrong as unknown as Hook)
  expect(client.sync.boolVariation('a', user, false)).toBe(true)
  expect(log.filter((line) => line.includes('not a hook'))).toHaveLength(4)
})

it('calls a hook that is added during an evaluation from the next evaluation on', async () => {
  const lines: unknown[] = []
  const { client } = await holding([serving('a', true)])
  client.addHook({
    getMetadata: () => ({ name: 'adding' }),
    beforeEvaluation(_series, data) {
      if (lines.length === 0) client.addHook(new Witness('late', lines))
      return data
    },
  })
  client.sync.boolVariation('a', user, false)
  expect(lines).toEqual([])
  client.sync.boolVariation('a', user, false)
  expect(lines).toHaveLength(2)
})

it('(S42.5) calls afterTrack in the order of registration, with the environment', () => {
  const { log, logger } = notes()
  const lines: unknown[] = []
  const tracking = (name: string): Hook => ({
    getMetadata: () => ({ name }),
    afterTrack: (series) => {
      lines.push([name, series])
      if (name === 'broken') throw new Error('no track')
    },
  })
  const without: Hook = { getMetadata: () => ({ name: 'without' }) }
  let environmentId: string | undefined
  const hooks = new Hooks([tracking('one'), tracking('broken'), without], logger, () => environmentId)
  hooks.add(tracking('two'))
  const tracked = { key: 'paid', context: user, data: { items: 3 }, metricValue: 0 }
  hooks.afterTrack(tracked)
  environmentId = 'env-1'
  hooks.afterTrack({ key: 'seen', context: user })
  const identified = { key: 'seen', context: user, environmentId }
  expect(lines).toEqual([
    ['one', tracked],
    ['broken', tracked],
    ['two', tracked],
    ['one', identified],
    ['broken', identified],
    ['two', identified],
  ])
  expect(log).toEqual(
    Array(2).fill('error: An error was encountered in "afterTrack" of the "broken" hook: Error: no track'),
  )
})

it('(S42.5) calls afterTrack for track, also if events are off, but not for a call that is refused', async () => {
  const tracked: unknown[] = []
  const hook: Hook = { getMetadata: () => ({ name: 'one' }), afterTrack: (series) => tracked.push(series) }
  const { client } = await holding([], { hooks: [hook], sendEvents: false })
  client.track('paid', user, { items: 3 }, 0)
  client.track('seen', user)
  client.track('', user)
  client.track('seen', { kind: 'user', key: '' })
  expect(tracked).toEqual([
    { key: 'paid', context: user, data: { items: 3 }, metricValue: 0 },
    { key: 'seen', context: user },
  ])
})
