import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { Applied, PutChange } from '../../src/model/change-set.ts'
import { encodeChangeSet } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { patched } from '../simulation/patched.ts'
import { startEngine } from '../support/engine.ts'
import { body, full, LiveStream, none, put, startOrigin } from '../support/origin.ts'

const RULES = [
  { id: 'r1', clauses: [] },
  { id: 'r2', clauses: [] },
]

const flag = (key: string, version: number, members: object = {}): PutChange =>
  put(key, version, { rules: RULES, ...members }) as PutChange

/** Returns a delta with patches, for a client that has the first item of each pair. */
function patches(
  state: string,
  ...pairs: readonly (readonly [before: PutChange, after: PutChange])[]
): WireEvent[] {
  const info = { id: 'p', target: { state, version: 1 }, reason: 'update' }
  const [intent, transferred] = encodeChangeSet({ type: 'partial', changes: [] }, info) as [
    WireEvent,
    WireEvent,
  ]
  const events = pairs.map(([before, after]) => patched(before.object, after) as WireEvent)
  return [intent, ...events, transferred]
}

/** Timings with which no fallback source is opened. */
const PATIENT = { noProgressMs: 20_000, firstDataMs: 20_000, interruptedMs: 20_000 }

it('(D19) applies patches, and passes complete flags to sinks', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream([])
  const database = new MemoryDatabase()
  const [a1, a2, a3] = [flag('a', 1), flag('a', 2, { rules: RULES.slice(1) }), flag('a', 3)]
  const [b1, b9] = [flag('b', 1), flag('b', 9)]
  origin.poll.always(body(full('s1', a1, b1)))
  origin.stream.always(stream.answer)
  const applied: Applied[] = []
  const engine = startEngine({
    plan: { ...presets.default(), store: database.description(), storeMode: 'read-write' },
    endpoints: origin.endpoints,
    timings: PATIENT,
    sinks: [{ accept: (update) => applied.push(update) }],
  })
  const { system } = engine
  const stored = (key: string): unknown => JSON.parse(database.row('flag', key)?.text ?? 'null')
  const streamRequests = () =>
    origin.stream.received.map(({ basis, headers }) => [basis, headers['x-halyard-accept']] as const)

  await engine.serves('a', 1)
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  stream.send(none('s1'))
  stream.send(patches('s2', [a1, a2]))
  await engine.serves('a', 2)
  expect(system.flag('a')).toEqual(a2.object)
  await expect.poll(() => stored('a')).toEqual(a2.object)

  // The patch of b does not fit the held b, so the client applies nothing of the payload, not even the patch of a.
  const unfit = patches('s3', [a2, a3], [flag('b', 1, { gone: 1 }), b9])
  stream.send(unfit)
  await origin.until(() => origin.stream.received.length === 2, 'another stream')
  expect([system.flag('a'), system.flag('b'), system.selector?.state]).toEqual([a2.object, b1.object, 's2'])
  expect(system.status.current).toMatchObject({
    state: 'interrupted',
    source: 'streaming',
    lastError: { kind: 'invalid_data', event: 'patch-object', key: 'b' },
  })

  stream.send(full('s3', a3, b9))
  await engine.serves('b', 9)
  expect([system.flag('a'), system.status.current.state]).toEqual([a3.object, 'valid'])
  stream.cut()
  await origin.until(() => origin.stream.received.length === 3, 'a third stream')
  expect(streamRequests()).toEqual([
    ['s1', 'patch-object'],
    [undefined, 'patch-object'],
    ['s3', 'patch-object'],
  ])
  expect(origin.poll.received.map(({ headers }) => headers['x-halyard-accept'])).toEqual(['patch-object'])

  await expect.poll(() => [stored('a'), stored('b')]).toEqual([a3.object, b9.object])
  expect(applied.map(({ changeSet, selector }) => [selector?.state, changeSet.changes])).toEqual([
    ['s1', [a1, b1]],
    ['s2', [a2]],
    ['s3', [a3, b9]],
  ])
})

it('(D19) accepts patches in polls, and requests a full payload after one that does not apply', async () => {
  const origin = await startOrigin()
  const [a1, a2, a3] = [flag('a', 1), flag('a', 2), flag('a', 3)]
  origin.poll.next(
    body(full('s1', a1)),
    body(none('s1')),
    body(patches('s2', [a1, a2])),
    body(patches('s3', [flag('a', 2, { gone: 1 }), a3])),
    body(full('s3', a3)),
  )
  origin.poll.always(body(none('s3')))
  const engine = startEngine({ plan: presets.pollingOnly(), endpoints: origin.endpoints })
  await engine.serves('a', 3)
  await origin.until(() => origin.poll.received.length >= 6, 'another poll')
  expect(engine.transitions).toContain('interrupted polling')
  expect(engine.system.flag('a')).toEqual(a3.object)
  expect(origin.poll.received.slice(0, 6).map(({ basis }) => basis)).toEqual([
    undefined,
    's1',
    's1',
    's2',
    undefined,
    's3',
  ])
})
