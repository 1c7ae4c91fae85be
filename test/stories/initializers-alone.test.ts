import { expect, it } from 'vitest'
import { ClosedError } from '../../src/model/errors.ts'
import { Story } from '../support/story.ts'
import { flag, full, interrupted } from '../support/words.ts'

it('(S1.2) stays valid with the data of initializers if there are no synchronizers', async () => {
  const story = new Story()
  const dataSystem = story.start({
    initializers: [story.source('file', [[0, full(undefined, flag('a'))], 'end'])],
  })
  await story.clock.advance(3_600_000)
  expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'file' })
  expect(await dataSystem.waitForInitialization()).toMatchObject({ initialized: true, reason: 'ready' })
  expect(await dataSystem.waitForInitialization({ minimum: 'refreshed' })).toMatchObject({
    availability: 'cached',
    reason: 'off',
  })
  await dataSystem.close()
  expect(dataSystem.status.current.state).toBe('off')
  await expect(dataSystem.waitForInitialization({ minimum: 'refreshed' })).rejects.toBeInstanceOf(ClosedError)
  expect(story.clock.armed).toBe(0)
})

it('(S1) is off if initializers have no data and there are no synchronizers', async () => {
  const story = new Story()
  const dataSystem = story.start({ initializers: [story.source('file', [[0, interrupted()], 'end'])] })
  expect(await Promise.all([dataSystem.waitForInitialization(), story.clock.advance(0)])).toMatchObject([
    { initialized: false, reason: 'off' },
    undefined,
  ])
  expect(dataSystem.status.current.state).toBe('off')
  await dataSystem.close()
})
