import { describe, expect, it } from 'vitest'
import { ClosedError } from '../../src/model/errors.ts'
import { TestData, VirtualClock } from '../../src/testing/index.ts'
import { settle } from '../support/unhandled-errors.ts'
import { following, holding, serving, start } from './starting.ts'

const silent = {
  name: 'silent',
  async *sync(_basis: unknown, signal: AbortSignal): AsyncGenerator<never> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
}
const patient = { initializers: [], synchronizers: [silent], fdv1Fallback: null }

describe('(S45) waitForInitialization', () => {
  it('resolves with the quality of the data once there is data', async () => {
    const { client } = start({ dataSystem: following(new TestData()) })
    expect(await client.waitForInitialization({ timeout: 5 })).toMatchObject({
      initialized: true,
      availability: 'refreshed',
      source: 'test data',
      reason: 'ready',
    })
    expect(client.availability).toBe('refreshed')
    expect(client.status.current.state).toBe('valid')
  })

  it.each([
    [{ timeout: 2 }, 2_000],
    [{ timeoutMs: 300 }, 300],
    [{ timeoutMs: 300, timeout: 2 }, 300],
    [{ timeoutMs: 0 }, 0],
    [{ timeout: 0, timeoutMs: 10 }, 10],
  ])('%j ends the wait after %d ms', async (options, ms) => {
    const clock = new VirtualClock()
    const { client } = start({ dataSystem: patient, clock })
    let ended: unknown
    void client.waitForInitialization(options).then((result) => {
      ended = result.reason
    })
    if (ms > 0) {
      await clock.advance(ms - 1)
      expect(ended).toBeUndefined()
    }
    await clock.advance(1)
    await settle()
    expect(ended).toBe('timeout')
  })

  it('waits without a limit if the time-out is 0 seconds, as the official SDK does', async () => {
    const clock = new VirtualClock()
    const { client, log } = start({ dataSystem: patient, clock })
    let ended = false
    const waiting = client.waitForInitialization({ timeout: 0 }).catch(() => {
      ended = true
    })
    await clock.advance(86_400_000)
    expect(ended).toBe(false)
    await client.close()
    await waiting
    expect(ended).toBe(true)
    expect(log.join()).not.toContain('waitForInitialization')
  })

  it('ends with its signal', async () => {
    const { client } = start({ dataSystem: patient })
    expect(await client.waitForInitialization({ signal: AbortSignal.abort() })).toMatchObject({
      initialized: false,
      reason: 'aborted',
    })
  })

  it('waits for data of the minimum quality', async () => {
    const { client } = await holding([serving('a', 1)])
    expect(await client.waitForInitialization({ minimum: 'refreshed' })).toMatchObject({ reason: 'ready' })
  })

  it('ignores an invalid option with a warning', async () => {
    const { client, log } = await holding([])
    const wrong = { timeoutMs: -1, timeout: '5', signal: {}, minimum: 'best' } as unknown as object
    expect(await client.waitForInitialization(wrong)).toMatchObject({ reason: 'ready' })
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: waitForInitialization.timeoutMs: expected a number of milliseconds, received number -1; ignored',
      'warn: waitForInitialization.timeout: expected a number of seconds, received a string (value hidden); ignored',
      'warn: waitForInitialization.signal: expected an AbortSignal, received an object; ignored',
      'warn: waitForInitialization.minimum: expected "defaults" or "cached" or "refreshed", received a string (value hidden); ignored',
    ])
    await client.waitForInitialization({ timeout: Number.NaN })
    expect(log.filter((line) => line.includes('.timeout: expected'))).toHaveLength(2)
  })

  it('rejects only after close', async () => {
    const { client } = start({ dataSystem: patient })
    const waiting = client.waitForInitialization()
    await client.close()
    await expect(waiting).rejects.toBeInstanceOf(ClosedError)
  })
})
