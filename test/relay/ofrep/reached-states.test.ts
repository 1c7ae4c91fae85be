import { expect, it } from 'vitest'
import { rethrow } from '../../../src/async/listeners.ts'
import { ReachedStates } from '../../../src/relay/ofrep/reached-states.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'

interface Waiting {
  readonly clock: VirtualClock
  readonly states: ReachedStates
  /** Begins a wait. The names of ended ones are in `ended`. */
  readonly wait: (state: string) => void
  readonly ended: readonly string[]
}

function create(): Waiting {
  const clock = new VirtualClock()
  const states = new ReachedStates({ clock, onError: rethrow })
  const ended: string[] = []
  const wait = (state: string): void => {
    states.reached(state).then(() => ended.push(state), rethrow)
  }
  return { clock, states, wait, ended }
}

it('(RO5.4) a state that the data has or had is not waited for', async () => {
  const { clock, states, wait, ended } = create()
  states.add(() => 'one')
  states.add(() => 'two')
  for (const state of ['one', 'two', '']) wait(state)
  await clock.advance(0)
  expect(ended).toEqual(['one', 'two', ''])
  expect(clock.armed).toBe(0)
})

it('(RO5.4) another one is waited for until it arrives, at most two seconds', async () => {
  const { clock, states, wait, ended } = create()
  wait('next')
  wait('never')
  states.add(() => 'other')
  await clock.advance(1_999)
  expect(ended).toEqual([])
  states.add(() => 'next')
  await clock.advance(0)
  expect(ended).toEqual(['next'])
  await clock.advance(1)
  expect(ended).toEqual(['next', 'never'])
  expect(clock.armed).toBe(0)
})

it('(RO5.4) at most 1,000 requests wait, until the environment is closed', async () => {
  const { clock, states, wait, ended } = create()
  for (let index = 0; index < 1_100; index++) wait(`state ${index}`)
  await clock.advance(0)
  expect(ended).toHaveLength(100)
  states.close()
  await clock.advance(0)
  expect(ended).toHaveLength(1_100)
  expect(clock.armed).toBe(0)
})
