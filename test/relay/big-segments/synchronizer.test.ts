import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import type { BigSegmentPatch } from '../../../src/model/big-segment-patch.ts'
import { StoreError } from '../../../src/model/errors.ts'
import type { ChangedMembers } from '../../../src/relay/big-segments/changed-members.ts'
import { ServiceError } from '../../../src/relay/big-segments/service.ts'
import { BigSegmentSynchronizer } from '../../../src/relay/big-segments/synchronizer.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { notes } from '../../client/starting.ts'
import { MemoryMembers, MemoryService, memoryWriter } from './memory-world.ts'

interface World {
  readonly clock: VirtualClock
  readonly service: MemoryService
  readonly database: MemoryMembers
}

function newWorld(): World {
  return { clock: new VirtualClock(1_000_000), service: new MemoryService(), database: new MemoryMembers() }
}

interface Started {
  readonly synchronizer: BigSegmentSynchronizer
  readonly changes: ChangedMembers['contexts'][]
  readonly log: readonly string[]
}

/** Starts a synchronizer without jitter. */
function startSynchronizer({ clock, service, database }: World): Started {
  const { log, logger } = notes()
  const changes: ChangedMembers['contexts'][] = []
  const synchronizer = new BigSegmentSynchronizer({
    service,
    writer: memoryWriter(database),
    clock,
    random: () => 0,
    logger,
    onChange: ({ contexts }) => changes.push(contexts),
    onState: () => {},
  })
  synchronizer.start()
  return { synchronizer, changes, log }
}

function including(...add: string[]): Omit<BigSegmentPatch, 'version' | 'previousVersion'> {
  return { reference: 's.g1', included: { add, remove: [] }, excluded: { add: [], remove: [] } }
}

it('(BS8.2) polls until nothing is new, opens the stream, and polls once more', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  for (const key of ['a', 'b', 'c']) service.add(including(key))
  const { synchronizer, changes } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  expect(service.requests).toEqual(['poll', 'poll v2', 'poll v3', 'stream', 'poll v3'])
  expect(database.contents).toEqual({ version: 'v3', 'included s.g1': ['a', 'b', 'c'] })
  expect([synchronizer.state, database.synchronizedOn]).toEqual(['synchronized', 1_000_000])
  expect(changes).toEqual([new Set(['a', 'b']), new Set(['c'])])
})

it('(BS8.2) begins again if a patch came between the last poll and the stream', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  service.onOpen = () => {
    service.onOpen = undefined
    service.add(including('b'), 'silent')
  }
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  expect(service.requests).toEqual(['poll', 'poll v1', 'stream', 'poll v1', 'poll v2', 'stream', 'poll v2'])
  expect(database.contents).toEqual(service.members.contents)
  expect(service.openStreams).toBe(1)
})

it('(BS8.3) stores the time after each event, and after each 30 s without one', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(20_000)
  service.add(including('a'))
  await clock.advance(0)
  expect(database.synchronizedOn).toBe(1_020_000)
  await clock.advance(29_999)
  expect(database.synchronizedOn).toBe(1_020_000)
  await clock.advance(1)
  expect(database.synchronizedOn).toBe(1_050_000)
  await clock.advance(60_000)
  expect(database.synchronizedOn).toBe(1_110_000)
  expect(service.requests).toEqual(['poll', 'stream', 'poll'])
})

it('(BS8.4, BS8.5) does not write a patch after a gap, and fetches the missing ones after 10 s', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  service.add(including('b'), 'silent')
  service.add(including('c'))
  await clock.advance(9_999)
  expect(database.contents).toEqual({ version: 'v1', 'included s.g1': ['a'] })
  expect([synchronizer.state, service.openStreams]).toEqual(['waiting', 0])
  await clock.advance(1)
  expect(database.contents).toEqual(service.members.contents)
  expect(synchronizer.state).toBe('synchronized')
  expect(
    log.filter((line) => line.includes('continues version "v2", but the database has "v1"')),
  ).toHaveLength(1)
})

it('(BS8.5) waits longer after each failure, up to 5 min, and logs each reason once until it recovers', async () => {
  const world = newWorld()
  const { clock, service } = world
  service.failure = new ServiceError('temporary', 'the server answered 503')
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  const attempts: number[] = []
  let known = 0
  for (let second = 0; second < 1_500; second++) {
    await clock.advance(1_000)
    if (service.requests.length > known) attempts.push(second + 1)
    known = service.requests.length
  }
  expect(attempts).toEqual([1, 10, 30, 70, 150, 310, 610, 910, 1_210])
  const complaints = (): string[] =>
    log.filter((line) => line.startsWith('warn: big segments: not synchronized'))
  expect(complaints()).toEqual([
    'warn: big segments: not synchronized: the server answered 503; the next attempt is in 10 s, and SDKs read the members that are stored',
  ])
  service.failure = undefined
  await clock.advance(300_000)
  expect(synchronizer.state).toBe('synchronized')
  service.breakStreams()
  service.failure = new ServiceError('temporary', 'the server answered 503')
  await clock.advance(600_000)
  expect(complaints()).toHaveLength(3)
})

it('(BS8.5) respects the delay that the service asks for', async () => {
  const world = newWorld()
  const { clock, service } = world
  service.failure = new ServiceError('temporary', 'the server answered 429', 60_000)
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(59_999)
  expect(service.requests).toHaveLength(1)
  await clock.advance(1)
  expect(service.requests).toHaveLength(2)
})

it('(BS8.6) tries a refused request again after 10 min, later after 1 h, or at once on request', async () => {
  const world = newWorld()
  const { clock, service } = world
  service.failure = new ServiceError('permanent', 'the server answered 401')
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  const requestsIn = async (minutes: number): Promise<number> => {
    const before = service.requests.length
    await clock.advance(minutes * 60_000)
    return service.requests.length - before
  }
  await clock.advance(0)
  expect(await requestsIn(9)).toBe(0)
  expect(await requestsIn(1)).toBe(1)
  expect(await requestsIn(19)).toBe(0)
  expect(await requestsIn(1)).toBe(1)
  expect(await requestsIn(40)).toBe(1)
  expect(await requestsIn(600)).toBe(10)
  expect(log.filter((line) => line.includes('the server answered 401'))).toHaveLength(14)
  service.failure = undefined
  synchronizer.retryNow()
  await clock.advance(0)
  expect(synchronizer.state).toBe('synchronized')
})

it('(BS8.5) continues at the stored version after a failure of the database in the middle of a patch', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  database.failsAfter = 2
  service.add(including('b', 'c', 'd'))
  await clock.advance(0)
  expect(database.contents).toEqual({ version: 'v1', 'included s.g1': ['a', 'b', 'c'] })
  database.failsAfter = Infinity
  await clock.advance(10_000)
  expect(database.contents).toEqual(service.members.contents)
})

it('(BS8.7) skips patches that another relay wrote first, and counts them as changes', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const first = startSynchronizer(world)
  const second = startSynchronizer(world)
  onTestFinished(() => first.synchronizer.close())
  onTestFinished(() => second.synchronizer.close())
  await clock.advance(0)
  for (const key of ['a', 'b', 'c']) {
    service.add(including(key))
    await clock.advance(10)
  }
  expect(database.contents).toEqual(service.members.contents)
  expect(first.synchronizer.patches + second.synchronizer.patches).toBe(3)
  for (const { changes, synchronizer } of [first, second]) {
    expect(changes).toEqual([new Set(['a']), new Set(['b']), new Set(['c'])])
    expect(synchronizer.state).toBe('synchronized')
  }
  expect(service.requests).toHaveLength(6)
})

it('(BS8.7) skips an event of several patches of which another relay wrote the first ones', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer, changes } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  for (const key of ['b', 'c', 'd']) service.add(including(key), 'silent')
  for (const patch of service.patches.slice(1, 3)) database.apply(patch)
  service.send(service.patches.slice(1))
  await clock.advance(0)
  expect(database.contents).toEqual(service.members.contents)
  expect([synchronizer.patches, synchronizer.state]).toEqual([2, 'synchronized'])
  expect(changes.at(-1)).toEqual(new Set(['b', 'c', 'd']))
})

it('(BS8.7) follows another relay that is several events ahead, without another request', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer, changes } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  for (const key of ['b', 'c', 'd']) service.add(including(key), 'silent')
  for (const patch of service.patches.slice(1)) database.apply(patch)
  for (const patch of service.patches.slice(1)) {
    service.send([patch])
    await clock.advance(0)
  }
  service.add(including('e'))
  await clock.advance(30_000)
  expect(database.contents).toEqual(service.members.contents)
  expect([synchronizer.patches, synchronizer.state]).toEqual([2, 'synchronized'])
  expect(changes.slice(1)).toEqual(['b', 'c', 'd', 'e'].map((key) => new Set([key])))
  expect(service.requests).toEqual(['poll', 'poll v1', 'stream', 'poll v1'])
})

it('(BS8.8) begins again if the database has an earlier version, for example of a backup', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  for (const key of ['a', 'b', 'c']) {
    service.add(including(key))
    await clock.advance(0)
  }
  database.clear()
  database.apply(service.patches[0] as BigSegmentPatch)
  service.add(including('d'))
  await clock.advance(0)
  expect(database.contents).toEqual(service.members.contents)
  expect(service.requests.slice(3)).toEqual(['poll v1', 'poll v3', 'poll v4', 'stream', 'poll v4'])
})

it('(BS8.8) writes all members again after the database lost them', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer, changes } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  database.clear()
  service.add(including('b'))
  await clock.advance(0)
  expect(database.contents).toEqual(service.members.contents)
  expect(changes).toContain('all')
  // Without an event, the loss is detected before the time is stored again.
  await clock.advance(20_000)
  database.clear()
  await clock.advance(30_000)
  expect(database.contents).toEqual(service.members.contents)
})

it('(BS9.5) starts over without a warning if another relay is writing for too long', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  database.failure = new StoreError('fenced', 'memory: another writer is writing')
  service.add(including('a'))
  await clock.advance(0)
  expect(synchronizer.state).toBe('waiting')
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
  database.failure = undefined
  await clock.advance(10_000)
  expect(database.contents).toEqual(service.members.contents)
})

it('(BS8.8) does not compete in a loop with a writer of another environment at the same place', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  for (let second = 0; second < 60; second++) {
    database.version = `w${second}`
    service.add(including('b'))
    await clock.advance(1_000)
  }
  expect(service.requests.length).toBeLessThan(30)
})

it('(BS8.8) starts over every 10 s at most if the database keeps losing its data', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  for (let second = 0; second < 100; second++) {
    database.clear()
    service.add(including('b'))
    await clock.advance(1_000)
  }
  const attempts = service.requests.filter((request) => request === 'stream').length
  expect(attempts).toBeGreaterThan(5)
  expect(attempts).toBeLessThan(25)
})

it('(BS8.8) does not follow a version that the stream does not lead to, and states the remedy', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  database.version = 'of another environment'
  for (let index = 0; index < 150; index++) {
    service.add(including('a'))
    await clock.advance(10)
  }
  expect(synchronizer.state).toBe('waiting')
  expect(log.join('\n')).toContain('choose another prefix, or delete all keys of big segments')
})

it('(BS8.5) does not loop if the service repeats patches that are stored', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  service.add(including('a'))
  service.patchesAfter = async (version) => {
    service.requests.push(`poll ${version}`)
    return service.patches
  }
  const { synchronizer, log } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(10_000)
  expect(service.requests).toHaveLength(3)
  expect(database.contents).toEqual(service.members.contents)
  expect(log.join('\n')).toContain('the service sent patches that are not new')
})

it('accepts several patches with one version', async () => {
  const world = newWorld()
  const { clock, service, database } = world
  const { synchronizer } = startSynchronizer(world)
  onTestFinished(() => synchronizer.close())
  await clock.advance(0)
  service.send([
    { ...including('a'), version: '', previousVersion: '' },
    { ...including('b'), version: '', previousVersion: '' },
    { ...including('c'), version: 'v1', previousVersion: '' },
    { ...including('d'), version: 'v1', previousVersion: 'v1' },
  ])
  await clock.advance(0)
  expect(database.contents).toEqual({ version: 'v1', 'included s.g1': ['a', 'b', 'c', 'd'] })
})

it('ends at once when it is closed, and leaves no timer', async () => {
  const world = newWorld()
  const { clock, service } = world
  const following = startSynchronizer(world)
  await clock.advance(0)
  await following.synchronizer.close()
  service.failure = new ServiceError('temporary', 'down')
  const failing = startSynchronizer(world)
  await clock.advance(0)
  await failing.synchronizer.close()
  failing.synchronizer.start()
  await startSynchronizer(world).synchronizer.close()
  expect([clock.armed, service.openStreams]).toEqual([0, 0])
})

type Fault =
  | {
      readonly type: 'change' | 'silent'
      readonly patch: Omit<BigSegmentPatch, 'version' | 'previousVersion'>
    }
  | { readonly type: 'database'; readonly changes: number }
  | { readonly type: 'service' | 'stream' | 'flush' | 'heal' }
  | { readonly type: 'restore'; readonly patches: number }
  | { readonly type: 'time'; readonly ms: number }

const keys = fc.subarray(['a', 'b', 'c', 'd'])
const lists = fc.record({ add: keys, remove: keys })
const patch = fc.record({ reference: fc.constantFrom('s.g1', 't.g2'), included: lists, excluded: lists })
const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constantFrom('change', 'change', 'change', 'silent'), patch }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('time'), ms: fc.constantFrom(0, 1, 5_000, 30_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('database'), changes: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('service', 'stream', 'flush', 'heal') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restore'), patches: fc.nat(5) }) },
)

it('(BS8, BS9.3, BS9.4) ends with the members of the service, whatever fails, with one to three relays', async () => {
  const relays = fc.integer({ min: 1, max: 3 })
  await fc.assert(
    fc.asyncProperty(relays, fc.array(fault, { maxLength: 40 }), async (count, faults) => {
      const world = newWorld()
      const { clock, service, database } = world
      const started = Array.from({ length: count }, () => startSynchronizer(world))
      const heal = (): void => {
        service.failure = undefined
        database.failsAfter = Infinity
      }
      for (const each of faults) {
        switch (each.type) {
          case 'change':
            service.add(each.patch)
            break
          case 'silent':
            service.add(each.patch, 'silent')
            break
          case 'database':
            database.failsAfter = each.changes
            break
          case 'service':
            service.failure = new ServiceError('temporary', 'down')
            break
          case 'stream':
            service.breakStreams()
            break
          case 'flush':
            database.clear()
            break
          case 'restore':
            database.clear()
            for (const stored of service.patches.slice(0, each.patches)) database.apply(stored)
            break
          case 'heal':
            heal()
            break
          case 'time':
            await clock.advance(each.ms)
            break
          default:
            each satisfies never
        }
      }
      heal()
      service.add(including('last'))
      await clock.advance(600_000)
      expect(database.contents).toEqual(service.members.contents)
      expect(started.map(({ synchronizer }) => synchronizer.state)).toEqual(started.map(() => 'synchronized'))
      await Promise.all(started.map(({ synchronizer }) => synchronizer.close()))
      expect(clock.armed).toBe(0)
    }),
    { numRuns: 300 },
  )
})
