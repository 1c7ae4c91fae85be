import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import { chosenSeeds, isChosen } from '../evaluation/differential/seeds.ts'
import { compareEvents } from './differential/compare.ts'
import { INTENDED_DIFFERENCES } from './differential/differences.ts'
import { makeSession } from './differential/make-session.ts'
import { describeDifference } from './differential/shrink.ts'
import { type Sink, startSink } from './differential/sink.ts'
import { EventTally } from './differential/tally.ts'

/** The number of seeds of every test run, each with about a hundred evaluations. */
const SEEDS = 20

let sink: Sink
beforeAll(async () => {
  await loadPatternEngine()
  sink = await startSink()
})
afterAll(() => sink.close())

it('sends the events of the official SDK, member by member and in its order', async () => {
  const tally = new EventTally()
  let evaluations = 0
  for (const seed of chosenSeeds(SEEDS)) {
    const session = makeSession(seed)
    const compared = await compareEvents(session, sink)
    if (compared.difference) expect.fail(await describeDifference(session, sink))
    tally.count(compared.events)
    evaluations += compared.evaluations
  }
  if (isChosen) return
  expect(evaluations).toBeGreaterThan(1_500)
  expect(tally.rarerThan(3)).toEqual([])
})

it.each(INTENDED_DIFFERENCES)('differs on purpose: $name', async ({ example }) => {
  const compared = compareEvents(example, sink)
  const difference = await compared.then(
    (result) => result.difference,
    (error: unknown) => error,
  )
  expect(difference).toBeDefined()
})
