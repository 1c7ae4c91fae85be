import { expect, it } from 'vitest'
import type { Clock } from '../../../src/async/clock.ts'
import { prepare } from '../../../src/evaluation/context.ts'
import { ClientData } from '../../../src/relay/client-side/client-data.ts'
import { evaluateFlags } from '../../../src/relay/client-side/evaluated-flags.ts'
import { FlagJson } from '../../../src/relay/client-side/flag-json.ts'
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
  const flags = Array.from({ length: 1_000 }, (_, index) => {
    const key = `f-${index}`
    return [key, { key, version: 1, object: constant(key, 1, index) }] as const
  })
  const data = new ClientData({ flags: new Map(flags), segments: new Map(), selector: undefined }, '1')
  const clock = new SlowClock()
  const context = prepare({ kind: 'user', key: 'u-1' })
  if (context === undefined) throw new Error('the context is valid')
  const input = { data, flags: data.visibleTo('server'), context, memberships: undefined }
  const json = new FlagJson({ protocol: 'fdv1', withReasons: false })
  const evaluating = evaluateFlags(input, json, { clock, patterns: { load: async () => {} } })
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
