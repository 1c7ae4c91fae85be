import { describe, expect, it } from 'vitest'
import { ClosedError } from '../../src/model/errors.ts'
import { Story } from '../support/story.ts'
import { flag, full, interrupted, none, partial, progress, terminal } from '../support/words.ts'

const second = 1_000

describe('initialization', () => {
  it('(D6.3) tries initializers in order and stops at the first full payload with a selector', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [
        story.source('broken', [[0, interrupted()], 'end']),
        story.source('file', [[0, full(undefined, flag('a'))], 'end']),
        story.source('poll', [[second, full('A', flag('a', 2))], 'end']),
        story.source('spare', []),
      ],
      synchronizers: [story.source('stream', [])],
    })
    await story.clock.advance(0)
    expect(dataSystem.availability).toBe('cached')
    expect(dataSystem.flag('a')?.version).toBe(1)
    await story.clock.advance(2 * second)
    expect(dataSystem.availability).toBe('refreshed')
    expect(dataSystem.flag('a')?.version).toBe(2)
    expect(story.transcript.filter((line) => line.includes('open'))).toEqual([
      '0s open broken',
      '0s open file',
      '0s open poll',
      '1s open stream at A',
    ])
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D6.2) gives an initializer ten seconds without progress, not more', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [
        story.source('hung', []),
        story.source('slow', [
          [9 * second, progress],
          [9 * second, full('A')],
        ]),
      ],
      synchronizers: [story.source('stream', [])],
    })
    await story.clock.advance(30 * second)
    expect(story.transcript).toContain('10s close hung')
    expect(story.transcript).toContain('28s valid slow')
    await dataSystem.close()
  })

  it('(D6) starts the synchronizers if no initializer has data', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('init', [[0, terminal(500)]])],
      synchronizers: [story.source('stream', [[0, full('A')]])],
    })
    await story.clock.advance(0)
    expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'stream' })
    await dataSystem.close()
  })
})

describe('waitForInitialization', () => {
  it('(D14.2) resolves with the first full payload, and describes the served data', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [[second, full('A')]])] })
    const ready = dataSystem.waitForInitialization({ timeoutMs: 5 * second })
    expect(story.clock.held).toBe(1)
    await story.clock.advance(second)
    expect(await ready).toEqual({
      initialized: true,
      availability: 'refreshed',
      source: 'stream',
      ageMs: 0,
      reason: 'ready',
    })
    expect(story.clock.held).toBe(0)
    await dataSystem.close()
  })

  it('(D14) waits for the requested minimum', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('file', [[0, full(undefined, flag('a'))], 'end'])],
      synchronizers: [story.source('stream', [[3 * second, full('A')]])],
    })
    const cached = dataSystem.waitForInitialization({ minimum: 'cached' })
    const refreshed = dataSystem.waitForInitialization({ minimum: 'refreshed', timeoutMs: 10 * second })
    await story.clock.advance(second)
    expect(await cached).toMatchObject({ availability: 'cached', source: 'file' })
    await story.clock.advance(3 * second)
    expect(await refreshed).toMatchObject({ availability: 'refreshed', source: 'stream', reason: 'ready' })
    await dataSystem.close()
  })

  it('(D14.7) a time-out ends the wait, but not the initialization', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [[8 * second, full('A')]])] })
    const early = dataSystem.waitForInitialization({ timeoutMs: second })
    await story.clock.advance(second)
    expect(await early).toEqual({
      initialized: false,
      availability: 'defaults',
      source: 'stream',
      reason: 'timeout',
    })
    await story.clock.advance(8 * second)
    expect(await dataSystem.waitForInitialization()).toMatchObject({ initialized: true, reason: 'ready' })
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D14.7) an abort ends the wait, also an abort before it', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [])] })
    const controller = new AbortController()
    const waiting = dataSystem.waitForInitialization({ signal: controller.signal })
    controller.abort()
    expect(await waiting).toMatchObject({ reason: 'aborted' })
    expect(await dataSystem.waitForInitialization({ signal: controller.signal })).toMatchObject({
      reason: 'aborted',
    })
    expect(story.clock.held).toBe(0)
    await dataSystem.close()
  })

  it('(D14.5) resolves at once when every source is retired', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [[second, terminal(401)]])] })
    const waiting = dataSystem.waitForInitialization()
    await story.clock.advance(second)
    expect(await waiting).toMatchObject({ initialized: false, reason: 'off' })
    expect(await dataSystem.waitForInitialization()).toMatchObject({ reason: 'off' })
    await dataSystem.close()
  })

  it('(D14) waits again while a retired source is tried again', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('stream', [[0, terminal(401)]], [[4 * second, full('A')]])],
    })
    await story.clock.advance(601 * second)
    const waiting = dataSystem.waitForInitialization({ timeoutMs: 20 * second })
    await story.clock.advance(5 * second)
    expect(await waiting).toMatchObject({ initialized: true, reason: 'ready' })
    await dataSystem.close()
  })

  it('(D6) leaves an initializer that sends nothing after a payload without a selector', async () => {
    const story = new Story()
    const dataSystem = story.start({
      initializers: [story.source('init', [[0, full(undefined, flag('a'))]])],
      synchronizers: [story.source('stream', [[0, full('A')]])],
    })
    await story.clock.advance(11 * second)
    expect(dataSystem.status.current).toMatchObject({ state: 'valid', source: 'stream' })
    await dataSystem.close()
    expect(story.clock.armed).toBe(0)
  })

  it('(D14.4) rejects only when the data system is closed', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [])] })
    const waiting = dataSystem.waitForInitialization()
    const closed = dataSystem.close()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
    await closed
    await expect(dataSystem.waitForInitialization()).rejects.toBeInstanceOf(ClosedError)
    expect(story.clock.held).toBe(0)
  })

  it('(D14.3) is initialized by "nothing new" without data, and logs a warning', async () => {
    const story = new Story()
    const dataSystem = story.start({ synchronizers: [story.source('stream', [[0, none]])] })
    await story.clock.advance(0)
    expect(dataSystem.initialized).toBe(true)
    expect(dataSystem.availability).toBe('defaults')
    expect(story.warnings.join()).toContain('there is no data in memory')
    await dataSystem.close()
  })

  it('(D12.3) applies a delta to an empty memory, but takes no selector from it', async () => {
    const story = new Story()
    const dataSystem = story.start({
      synchronizers: [story.source('stream', [[0, partial('B', flag('b'))]])],
    })
    await story.clock.advance(0)
    expect(dataSystem.flag('b')).toBeDefined()
    expect(dataSystem.selector).toBeUndefined()
    await dataSystem.close()
  })

  it('(S1.1) is ready at once without data if the plan has no source', async () => {
    const story = new Story()
    const dataSystem = story.start({})
    expect(await dataSystem.waitForInitialization()).toEqual({
      initialized: true,
      availability: 'defaults',
      reason: 'ready',
    })
    expect(dataSystem.status.current.state).toBe('off')
    await dataSystem.close()
  })
})
