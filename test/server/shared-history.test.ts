import { expect, it } from 'vitest'
import type { Step } from '../../src/server/history.ts'
import { SharedHistory } from '../../src/server/shared-history.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { MemoryJournal } from '../support/memory-journal.ts'
import { fetchRaw, outlinePoll, publishFull, publishPartial, put, remove, serve } from './raw-http.ts'

const step = (serial: number, ...keys: readonly string[]): Step => ({
  from: `s${serial}`,
  to: `s${serial + 1}`,
  at: 5,
  touches: keys.map((key) => ({ kind: 'flag', key, version: serial })),
})

function historyOn(memory: MemoryJournal) {
  const clock = new VirtualClock()
  const { log, logger } = notes()
  return { clock, log, history: new SharedHistory({ journal: memory.open(), clock, logger }) }
}

it('(S121) one server reads what another has appended, with any keys', async () => {
  const memory = new MemoryJournal()
  const steps = [step(1, 'a', '__proto__', ''), step(2, 'x"\n\u2028')]
  const { history: writer } = historyOn(memory)
  for (const each of steps) writer.append(each)
  await writer.close()
  expect(await historyOn(memory).history.steps()).toEqual(steps)
})

it('(S121) ignores entries of other software, of other formats, and truncated ones', async () => {
  const memory = new MemoryJournal()
  const { history: writer } = historyOn(memory)
  writer.append(step(1, 'a'))
  await writer.close()
  const [good = ''] = memory.entries
  memory.entries.push('', 'null', '[]', '{"format":2}', good.slice(0, -3), good.replace('"flag"', '"flog"'))
  memory.entries.push(good.replace('"from":"s1"', '"from":1'), good.replace('[["flag"', '[1,["flag"'))
  expect(await historyOn(memory).history.steps()).toEqual([step(1, 'a')])
})

it('(S121) reads once per second for many clients; a journal that hangs or fails costs one second and one log line', async () => {
  const memory = new MemoryJournal()
  const { history, clock, log } = historyOn(memory)
  const first = history.steps()
  await clock.advance(999)
  expect(history.steps()).toBe(first)
  expect(await first).toEqual([])
  memory.failure = 'hang'
  await clock.advance(1_001)
  const asked = history.steps()
  await clock.advance(1_000)
  expect(await asked).toEqual([])
  memory.failure = 'error'
  for (let serial = 0; serial < 3; serial++) {
    await clock.advance(1_001)
    expect(await history.steps()).toEqual([])
  }
  expect(log).toHaveLength(2)
  await history.close()
  expect(clock.armed).toBe(0)
})

it('(S121) does not share a step that touches too many items', async () => {
  const memory = new MemoryJournal()
  const { history } = historyOn(memory)
  history.append(step(1, ...Array.from({ length: 2_001 }, (_, index) => `flag-${index}`)))
  history.append(step(2, 'a'))
  await history.close()
  expect(memory.entries).toHaveLength(1)
})

it('(S121) answers a basis of another server with a delta', async () => {
  const memory = new MemoryJournal()
  const [elder, younger] = [historyOn(memory).history, historyOn(memory).history]
  const first = await serve({ peerHistory: elder })
  publishFull(first.flagServer, 's1', [put('a', 1), put('b', 1)])
  publishPartial(first.flagServer, 's2', [put('a', 2)])
  publishPartial(first.flagServer, 's3', [remove('b', 2), put('c', 1)])
  await elder.close()
  // It started later, with a full payload.
  const second = await serve({ peerHistory: younger })
  publishFull(second.flagServer, 's3', [put('a', 2), put('c', 1)])
  const { body } = await fetchRaw(`${second.url}/sdk/poll?basis=s1`)
  expect(outlinePoll(body)).toEqual([
    'server-intent xfer-changes stale',
    'put-object a',
    'delete-object b',
    'put-object c',
    'payload-transferred s3',
  ])
  const unknown = await fetchRaw(`${second.url}/sdk/poll?basis=s0`)
  expect(outlinePoll(unknown.body)[0]).toBe('server-intent xfer-full cant-catchup')
})
