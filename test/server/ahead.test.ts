import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Step } from '../../src/server/history.ts'
import { Publication } from '../../src/server/publication.ts'
import { SharedHistory } from '../../src/server/shared-history.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { MemoryJournal } from '../support/memory-journal.ts'
import {
  fetchRaw,
  openStream,
  outline,
  outlinePoll,
  publishFull,
  publishPartial,
  put,
  remove,
  type Served,
  serve,
} from './raw-http.ts'

/** Starts two servers with a shared history, the first at state 50, the second at 47. */
async function pair() {
  const memory = new MemoryJournal()
  const open = (): SharedHistory => {
    const { logger } = notes()
    return new SharedHistory({ journal: memory.open(), clock: new VirtualClock(), logger })
  }
  const shared = open()
  const ahead = await serve({ peerHistory: shared })
  publishFull(ahead.flagServer, 's47', [put('a', 47), put('b', 40), put('c', 40)])
  publishPartial(ahead.flagServer, 's48', [put('a', 48)])
  publishPartial(ahead.flagServer, 's50', [put('b', 50), remove('c', 50), put('d', 50)])
  await shared.close()
  const behind = await serve({ peerHistory: open() })
  publishFull(behind.flagServer, 's47', [put('a', 47), put('b', 40), put('c', 40)])
  return { ahead, behind, memory, open }
}

const poll = async ({ url }: Served, basis: string): Promise<string[]> =>
  outlinePoll((await fetchRaw(`${url}/sdk/poll?basis=${basis}`)).body)

it('(S176.1) answers `none` to a client that is ahead, so that it keeps its data', async () => {
  const { behind } = await pair()
  expect(await poll(behind, 's50')).toEqual(['server-intent none up-to-date'])
  expect(await poll(behind, 's48')).toEqual(['server-intent none up-to-date'])
  expect((await poll(behind, 's46'))[0]).toBe('server-intent xfer-full cant-catchup')
})

it('(S176.2) sends nothing on a stream that is ahead, until the relay has passed it, and then only later items', async () => {
  const { behind } = await pair()
  const stream = await openStream(`${behind.url}/sdk/stream?basis=s50`)
  await stream.until('"none"')
  publishPartial(behind.flagServer, 's48', [put('a', 48)])
  publishPartial(behind.flagServer, 's50', [put('b', 50), remove('c', 50), put('d', 50)])
  publishPartial(behind.flagServer, 's51', [put('a', 51)])
  await stream.until('s51')
  expect(outline(stream.text())).toEqual([
    'server-intent none up-to-date',
    'server-intent xfer-changes stale',
    'put-object a',
    'payload-transferred s51',
  ])
})

it('(S176) sends later items after the relay has passed the client in one step', async () => {
  const { behind } = await pair()
  const stream = await openStream(`${behind.url}/sdk/stream?basis=s50`)
  await stream.until('"none"')
  publishPartial(behind.flagServer, 's51', [put('a', 48), put('b', 51), remove('c', 50), put('d', 50)])
  await stream.until('s51')
  expect(outline(stream.text()).slice(1)).toEqual([
    'server-intent xfer-changes stale',
    'put-object b',
    'payload-transferred s51',
  ])
})

it('(S176.4) takes clients back on every relay if the service went back to earlier versions', async () => {
  const { ahead, behind, open } = await pair()
  publishFull(ahead.flagServer, 's51', [put('a', 51)])
  publishFull(behind.flagServer, 's51', [put('a', 51)])
  publishFull(behind.flagServer, 's47', [put('a', 47), put('b', 40), put('c', 40)])
  expect((await poll(behind, 's50'))[0]).toBe('server-intent xfer-full cant-catchup')
  await behind.flagServer.close()
  await expect
    .poll(async () => {
      const other = await serve({ peerHistory: open() })
      publishFull(other.flagServer, 's47', [put('a', 47), put('b', 40), put('c', 40)])
      return (await poll(other, 's50'))[0]
    })
    .toBe('server-intent xfer-full cant-catchup')
})

const KEYS = ['a', 'b', 'c', 'd']

it('(S176) no answer takes a client back, in any order of steps of two relays', async () => {
  const change = fc.record({
    key: fc.constantFrom(...KEYS),
    op: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
  })
  const run = fc.record({
    changes: fc.array(fc.uniqueArray(change, { selector: ({ key }) => key, minLength: 1 }), {
      minLength: 2,
      maxLength: 8,
    }),
    strides: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 20, maxLength: 20 }),
    reaches: fc.integer({ min: 0, max: 7 }),
  })
  fc.assert(
    fc.property(run, ({ changes, strides, reaches }) => {
      // The versions of all keys at each state; negative where the key was deleted.
      const states: ReadonlyMap<string, number>[] = [new Map(KEYS.map((key) => [key, 1]))]
      for (const [index, changed] of changes.entries()) {
        const next = new Map(states[index])
        for (const { key, op } of changed) next.set(key, op === 'put' ? index + 2 : -(index + 2))
        states.push(next)
      }
      const told: Step[] = []
      const walk = (to: number, stride: (step: number) => number, onStep: (step: Step) => void) => {
        const publication = new Publication({
          clock: new VirtualClock(),
          onStep,
          onDifference: () => {},
          onError: (error) => {
            throw error
          },
        })
        let at = 0
        for (let step = 0; ; step++) {
          const held = [...(states[at] ?? [])]
          const items = held.flatMap(([key, version]) => (version > 0 ? [put(key, version)] : []))
          publication.accept({
            changeSet: { type: 'full', changes: items },
            selector: { state: `s${at}`, version: at },
          })
          if (at >= to) return publication
          at = Math.min(to, at + stride(step))
        }
      }
      walk(
        states.length - 1,
        () => 1,
        (step) => told.push(step),
      )
      const behind = walk(
        Math.min(reaches, states.length - 1),
        (step) => strides[step] ?? 1,
        () => {},
      )
      const relayAt = Number(behind.target?.state.slice(1))
      for (let basis = 0; basis < states.length; basis++) {
        const answer = behind.answerFrom(`s${basis}`, told)
        expect(answer, `from s${basis} to s${relayAt}`).toBeDefined()
        const isAhead = basis > relayAt
        if (isAhead) expect(answer?.type).toBe('none')
        if (isAhead) expect(answer?.target.state).toBe(`s${basis}`)
        else expect(answer?.target.state).toBe(`s${relayAt}`)
      }
    }),
    { numRuns: 300 },
  )
})
