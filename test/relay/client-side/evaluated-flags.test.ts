import { expect, it } from 'vitest'
import type { Clock } from '../../../src/async/clock.ts'
import { prepare } from '../../../src/evaluation/context.ts'
import { ClientData } from '../../../src/relay/client-side/client-data.ts'
import { evaluateFlags } from '../../../src/relay/client-side/evaluated-flags.ts'
import { FlagEncoders } from '../../../src/relay/client-side/flag-encoder.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { constant } from '../../support/stored.ts'

/** A clock on which each look takes 1 ms. Each pause lasts until it is ended. */
class SlowClock extends VirtualClock implements Clock {
  readonly pauses: (() => void)[] = []
  #looks = 0

  override monotonic(): number {
    this.#looks++
    return this.#looks
  }

  override breathe(): Promise<void> {
    return new Promise((resolve) => this.pauses.push(resolve))
  }
}

it('(CS3.6) lets other requests run during the evaluation of many flags', async () => {
  const targets = [{ values: ['u-2'], variation: 0 }]
  const flags = Array.from({ length: 1_000 }, (_, index) => {
    const key = `f-${index}`
    return [key, { key, version: 1, object: constant(key, 1, index, { targets }) }] as const
  })
  const data = new ClientData({ flags: new Map(flags), segments: new Map(), selector: undefined }, '1')
  const encoders = new FlagEncoders({ protocol: 'fdv1', withReasons: false })
  const clock = new SlowClock()
  const context = prepare({ kind: 'user', key: 'u-1' })
  if (context === undefined) throw new Error('the context is valid')
  const input = {
    reader: data.reader,
    flags: data.visibleTo('server', encoders),
    context,
    memberships: undefined,
  }
  const evaluating = evaluateFlags(input, { clock, patterns: { load: async () => {} } })
  let pauses = 0
  for (;;) {
    const end = clock.pauses.pop()
    if (end === undefined) break
    expect(clock.pauses).toEqual([])
    pauses++
    end()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { fragments } = await evaluating
  expect(pauses).toBeGreaterThan(5)
  expect(fragments).toHaveLength(1_000)
  expect(fragments[999]).toBe('"f-999":{"value":999,"variation":0,"version":1}')
})
