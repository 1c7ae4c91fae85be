import { expect, it } from 'vitest'
import { Story } from '../support/story.ts'
import { full, interrupted, none } from '../support/words.ts'

const second = 1_000

it('(D3.5) resolves status.waitFor when the state is reached, and at once if it is the present state', async () => {
  const story = new Story()
  const dataSystem = story.start({
    synchronizers: [
      story.source('stream', [
        [second, full('A')],
        [second, interrupted()],
        [second, none],
      ]),
    ],
  })
  const valid = dataSystem.status.waitFor('valid')
  const interruption = dataSystem.status.waitFor('interrupted', { timeoutMs: 10 * second })
  expect(await dataSystem.status.waitFor('initializing')).toBe(true)
  expect(story.clock.held).toBe(2)
  await story.clock.advance(second)
  expect(await valid).toBe(true)
  await story.clock.advance(second)
  expect(await interruption).toBe(true)
  expect(story.clock.held).toBe(0)
  await dataSystem.close()
  expect(story.clock.armed).toBe(0)
})

it('(D3.6) resolves status.waitFor with false at the time-out, the abort, or the close, and never rejects', async () => {
  const story = new Story()
  const dataSystem = story.start({ synchronizers: [story.source('stream', [])] })
  const controller = new AbortController()
  const timed = dataSystem.status.waitFor('valid', { timeoutMs: second })
  const aborted = dataSystem.status.waitFor('valid', { signal: controller.signal })
  const closed = dataSystem.status.waitFor('valid')
  await story.clock.advance(second)
  expect(await timed).toBe(false)
  controller.abort()
  expect(await aborted).toBe(false)
  expect(await dataSystem.status.waitFor('valid', { signal: controller.signal })).toBe(false)
  const off = dataSystem.status.waitFor('off')
  await dataSystem.close()
  expect(await closed).toBe(false)
  expect(await off).toBe(true)
  expect(await dataSystem.status.waitFor('valid')).toBe(false)
  expect(story.clock.held).toBe(0)
  expect(story.clock.armed).toBe(0)
})
