import { describe, expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import { Digest, hashRow } from '../../src/layout/digest.ts'
import { resume } from '../../src/layout/resume.ts'
import { decodeRow } from '../../src/layout/row.ts'
import { readSidecar, writeSidecar } from '../../src/layout/sidecar.ts'
import type { AppliedChangeSet, Change } from '../../src/model/change-set.ts'
import type { Prerequisite } from '../../src/model/flag.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { PersistentStore } from '../../src/model/persistent-store.ts'
import { Mirror } from '../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../src/store/mirror/write-lease.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { ANY_OWNER } from '../support/stored.ts'

const put = (key: string, version: number): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object: { key, version, on: true },
})
const remove = (key: string, version: number): Change => ({ op: 'delete', kind: 'flag', key, version })
const full = (...changes: readonly Change[]): AppliedChangeSet => ({ type: 'full', changes })
const delta = (...changes: readonly Change[]): AppliedChangeSet => ({ type: 'partial', changes })

interface Setup {
  readonly database?: MemoryDatabase
  readonly clock?: VirtualClock
  readonly writers?: 'all' | 'one'
  /** Duration of a write, in milliseconds. */
  readonly latencyMs?: number
}

function setup(options: Setup = {}) {
  const {
    database = new MemoryDatabase(),
    clock = new VirtualClock(),
    writers = 'all',
    latencyMs = 0,
  } = options
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const logger = { debug: write, info: write, warn: write, error: write }
  const { store: quick, lease } = database.description().open({ clock, random: () => 0, logger })
  const store: PersistentStore = {
    ...quick,
    write: (write, signal) => sleep(clock, latencyMs, signal).then(() => quick.write(write, signal)),
  }
  const monitor = new StoreMonitor(store.name, 'writer', { clock, logger })
  const writeLease = writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted
  const mirror = new Mirror({
    store: monitored(store, monitor),
    lease: writeLease,
    monitor,
    keyFingerprint: 'f',
    clock,
    random: () => 0,
    logger,
  })
  const controller = new AbortController()
  const running = mirror.run(controller.signal)
  const close = async (): Promise<void> => {
    controller.abort()
    await running
  }
  let state = 0
  const apply = (changeSet: AppliedChangeSet): void =>
    mirror.accept({ changeSet, selector: { state: `state-${++state}`, version: state } })
  onTestFinished(async () => {
    database.heal()
    await close()
  })
  return { database, clock, log, monitor, mirror, apply, close }
}

/** Returns the data that the next process resumes from. */
async function resumption(database: MemoryDatabase, clock: VirtualClock) {
  const { store } = database.description().open({ clock, random: () => 0, logger: console })
  const resumed = await resume(await store.readAll(new AbortController().signal), ANY_OWNER, clock)
  if (resumed.type === 'refused') throw new Error(resumed.reason)
  return resumed
}

/** Returns the versions of keys; those of tombstones are negative. */
function held(database: MemoryDatabase, ...keys: readonly string[]): readonly (number | undefined)[] {
  return keys.map((key) => {
    const row = database.row('flag', key)
    const decoded = row && decodeRow(row)
    if (decoded?.type === 'tombstone') return -decoded.version
    return decoded?.type === 'item' ? decoded.item.version : undefined
  })
}

const writes = (database: MemoryDatabase): string[] =>
  database.calls.filter((what) => what.startsWith('write'))

it('D15.3: writes a full payload in place of everything, a delta by its keys, and deletions as tombstones', async () => {
  const { database, clock, apply } = setup()
  database.put({ kind: 'flag', key: 'foreign', text: '{"version":99}' })
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(0)
  expect(held(database, 'a', 'b', 'foreign')).toEqual([1, 1, undefined])
  apply(delta(put('a', 2), remove('b', 2)))
  await clock.advance(0)
  expect(held(database, 'a', 'b')).toEqual([2, -2])
  expect(database.marker).toBe(true)
  expect(writes(database)).toEqual(['write full 2', 'write delta 2'])
})

it('D16.1: writes a sidecar with the selector and the digest of the rows', async () => {
  const { database, clock, apply } = setup()
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(0)
  const first = readSidecar(database.sidecar)
  expect(first).toMatchObject({ selector: { state: 'state-1' }, revision: 1, keyFingerprint: 'f' })
  apply(delta(put('a', 2), remove('b', 3)))
  await clock.advance(0)
  const second = readSidecar(database.sidecar)
  expect(second).toMatchObject({ selector: { state: 'state-2' }, revision: 2, generation: first?.generation })
  const digest = new Digest()
  for (const key of ['a', 'b']) {
    const row = database.row('flag', key)
    if (row) digest.add(hashRow(row))
  }
  expect(second?.digest).toBe(digest.toString())
})

it('D15.2: coalesces the changes that arrive during a write', async () => {
  const { database, clock, apply } = setup()
  apply(full(put('a', 1)))
  apply(delta(put('a', 2)))
  apply(delta(put('a', 3), put('b', 1)))
  await clock.advance(0)
  expect(writes(database)).toEqual(['write full 2'])
  expect(held(database, 'a', 'b')).toEqual([3, 1])
  expect(readSidecar(database.sidecar)?.selector?.state).toBe('state-3')
})

it('D15.5: writes the missing data after a failed write, once the database answers', async () => {
  const { database, clock, apply, monitor, log } = setup()
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(0)
  database.fail('error')
  apply(delta(put('a', 2)))
  await clock.advance(60_000)
  expect(monitor.status.current).toMatchObject({ state: 'unavailable', stale: true })
  apply(delta(put('b', 2)))
  database.heal()
  await clock.advance(11_000)
  expect(held(database, 'a', 'b')).toEqual([2, 2])
  expect(writes(database).at(-1)).toBe('write merge 2')
  expect(monitor.status.current).toMatchObject({ state: 'available', stale: false })
  expect(log.filter((line) => line.includes('trying again'))).toHaveLength(1)
})

it('D15.5: aborts a write after 30 s, and tries again', async () => {
  const { database, clock, apply, monitor } = setup()
  database.fail('hang')
  apply(full(put('a', 1)))
  await clock.advance(29_999)
  expect(monitor.status.current.state).toBe('unknown')
  await clock.advance(2)
  expect(monitor.status.current.state).toBe('unavailable')
  database.heal()
  await clock.advance(1_001)
  expect(held(database, 'a')).toEqual([1])
})

it('D15.5: retries at most once a second', async () => {
  const { database, clock, apply } = setup()
  database.fail('error')
  apply(full(put('a', 1)))
  await clock.advance(60_000)
  const attempts = writes(database).length
  expect(attempts).toBeGreaterThan(5)
  expect(attempts).toBeLessThan(15)
})

it('D15, S170: writes lost data again after the next check', async () => {
  const { database, clock, apply, log } = setup()
  apply(full(put('a', 1), put('b', 1)))
  apply(delta(remove('b', 2)))
  await clock.advance(20_000)
  database.wipe()
  await clock.advance(5_001)
  expect(database.marker).toBe(true)
  expect(held(database, 'a', 'b')).toEqual([1, -2])
  expect(log.some((line) => line.includes('lost its data'))).toBe(true)
})

it('S171: keeps rows of other software when it writes lost rows again', async () => {
  const { database, clock, apply } = setup()
  apply(full(put('a', 1)))
  await clock.advance(20_000)
  database.wipe()
  database.put({ kind: 'flag', key: 'foreign', text: '{"version":99}' })
  await clock.advance(60_000)
  expect(writes(database)).toEqual(['write full 1', 'write merge 1'])
  expect(held(database, 'a', 'foreign')).toEqual([1, 99])
  expect(database.marker).toBe(true)
})

it('D15: sends no request to the database before the first data arrives', async () => {
  const { database, clock } = setup()
  await clock.advance(60_000)
  expect(database.calls).toEqual([])
})

it('D16: does not write resumed data back, and continues its digest', async () => {
  const { database, clock, apply, close } = setup()
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(0)
  await close()
  const before = readSidecar(database.sidecar)
  const next = setup({ database, clock })
  const resumed = await resumption(database, clock)
  next.mirror.resume(resumed.changeSet, resumed.rows)
  next.apply(resumed.changeSet)
  await clock.advance(0)
  expect(writes(database)).toHaveLength(1)
  next.apply(delta(put('b', 2)))
  await clock.advance(0)
  const digest = new Digest()
  for (const key of ['a', 'b']) {
    const row = database.row('flag', key)
    if (row) digest.add(hashRow(row))
  }
  const after = readSidecar(database.sidecar)
  expect(after).toMatchObject({ revision: 1, digest: digest.toString() })
  // Several processes may resume from the same data, and readers must distinguish their revisions.
  expect(after?.generation).not.toBe(before?.generation)
})

it('D16: does not write to a database of another environment, and logs an error', async () => {
  const { database, clock, apply, mirror, monitor, log } = setup()
  const sidecar = { keyFingerprint: 'f', generation: 'g', revision: 1, notice: '', savedAt: 0, digest: '' }
  const owned = writeSidecar({ ...sidecar, environmentId: 'production' })
  mirror.startFrom({ initialized: true, rows: [], sidecar: owned })
  mirror.accept({ changeSet: full(put('a', 1)), selector: undefined, environmentId: 'test' })
  apply(delta(put('a', 2)))
  await clock.advance(60_000)
  expect(writes(database)).toEqual([])
  expect(monitor.status.current.role).toBe('reader')
  expect(log.filter((line) => line.includes('holds environment production, and this is test'))).toHaveLength(
    1,
  )
})

it('D16: writes the ID of the environment to the sidecar if the service sends it', async () => {
  const { database, clock, mirror } = setup()
  mirror.startFrom({ initialized: false, rows: [] })
  mirror.accept({ changeSet: full(put('a', 1)), selector: undefined, environmentId: 'test' })
  await clock.advance(0)
  expect(readSidecar(database.sidecar)?.environmentId).toBe('test')
})

it('writes pending changes on close, within 2 s', async () => {
  const { database, clock, apply, close } = setup()
  apply(full(put('a', 1)))
  await close()
  expect(held(database, 'a')).toEqual([1])
  const hanging = setup({ clock })
  hanging.database.fail('hang')
  hanging.apply(full(put('a', 1)))
  await clock.advance(0)
  let closed = false
  const closing = hanging.close().then(() => {
    closed = true
  })
  await clock.advance(1_999)
  expect(closed).toBe(false)
  await clock.advance(1)
  await closing
  expect(clock.armed).toBe(0)
})

it('one of several writers with a lease writes, and another one takes over when it closes', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const one = setup({ database, clock, writers: 'one' })
  one.apply(full(put('a', 1)))
  await clock.advance(0)
  const two = setup({ database, clock, writers: 'one' })
  two.apply(full(put('a', 2)))
  await clock.advance(20_000)
  expect(held(database, 'a')).toEqual([1])
  expect(one.monitor.status.current.role).toBe('writer')
  expect(two.monitor.status.current.role).toBe('follower')
  await one.close()
  await clock.advance(20_000)
  expect(held(database, 'a')).toEqual([2])
  expect(two.monitor.status.current.role).toBe('writer')
})

it('compares the database after a lease was lost and acquired again', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const signal = new AbortController().signal
  const one = setup({ database, clock, writers: 'one' })
  one.apply(full(put('a', 1)))
  await clock.advance(0)
  database.fail('hang')
  await clock.advance(20_000)
  database.heal()
  const { lease } = database.description().open({ clock, random: () => 0, logger: console })
  expect(await lease.acquire('thief', 30_000, signal)).toBeGreaterThan(1)
  await clock.advance(20_000)
  expect(one.monitor.status.current.role).toBe('follower')
  database.put({ kind: 'flag', key: 'a', text: '{"version":0}' })
  await clock.advance(20_000)
  expect(one.monitor.status.current.role).toBe('writer')
  expect(held(database, 'a')).toEqual([1])
})

it('D15: writes lost data again while deltas are being written', async () => {
  const { database, clock, apply, monitor } = setup()
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(20_000)
  database.wipe()
  for (let version = 2; version < 200; version++) {
    apply(delta(put('a', version)))
    await clock.advance(100)
  }
  expect(database.marker).toBe(true)
  expect(held(database, 'a', 'b')).toEqual([199, 1])
  expect(monitor.status.current.lost).toBe(false)
})

it('D15: sends one request per write, and one every 5 s while idle', async () => {
  const { database, clock, apply } = setup()
  apply(full(put('a', 1)))
  await clock.advance(0)
  apply(delta(put('a', 2)))
  await clock.advance(1_000)
  expect(database.calls).toEqual(['write full 1', 'write delta 1'])
  await clock.advance(15_000)
  expect(database.calls.slice(2)).toEqual(['summary', 'summary', 'summary'])
})

it('D15.7: finishes a write in progress on close, and does not start a full one', async () => {
  const { database, clock, apply, close, monitor } = setup({ latencyMs: 1_500 })
  apply(full(put('a', 1), put('b', 1)))
  await clock.advance(2_000)
  apply(delta(put('a', 2)))
  await clock.advance(100)
  const closing = close()
  await clock.advance(1_500)
  await closing
  expect(held(database, 'a')).toEqual([2])
  expect(writes(database)).toEqual(['write full 2', 'write delta 1'])
  expect(monitor.status.current.state).toBe('available')
})

it('D15.8: never replaces data before the first full payload, whatever fails', async () => {
  const { database, clock, apply } = setup()
  database.put({ kind: 'flag', key: 'theirs', text: '{"key":"theirs","version":1}' })
  database.damage({ marker: true })
  database.fail('lost')
  apply(delta(put('a', 1)))
  await clock.advance(5_000)
  database.heal()
  await clock.advance(60_000)
  expect(held(database, 'theirs', 'a')).toEqual([1, 1])
  expect(writes(database).every((what) => what === 'write delta 1')).toBe(true)
})

it('D16: writes the other flags if one cannot be encoded, and prevents a resumption without it', async () => {
  const { database, clock, apply, monitor, log } = setup()
  let nested: unknown = 1
  for (let depth = 0; depth < 50_000; depth++) nested = [nested]
  const deep: Change = {
    ...put('deep', 1),
    object: { key: 'deep', version: 1, variations: [nested] },
  } as Change
  const unreadable = { key: { toString: 1, valueOf: 1 } } as unknown as Prerequisite
  const odd: Change = {
    ...put('odd', 1),
    object: { key: 'odd', version: 1, prerequisites: [unreadable] },
  } as Change
  apply(full(put('a', 1), deep, odd, put('b', 1)))
  await clock.advance(0)
  expect(held(database, 'a', 'deep', 'odd', 'b')).toEqual([1, undefined, 1, 1])
  expect(monitor.status.current.refused).toEqual([{ kind: 'flag', key: 'deep' }])
  expect(log.some((line) => line.includes('flag "deep"') && line.includes('JSON'))).toBe(true)
  await expect(resumption(database, clock)).rejects.toThrow('other software has written')
  apply(delta(put('deep', 2)))
  await clock.advance(0)
  expect(monitor.status.current.refused).toEqual([])
  expect((await resumption(database, clock)).changeSet.changes).toHaveLength(4)
})

it('D15.10: compares the database if the lease was lost and acquired again between two renewals', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const signal = new AbortController().signal
  const one = setup({ database, clock, writers: 'one' })
  one.apply(full(put('a', 1), put('b', 1)))
  await clock.advance(1_000)
  database.fail('hang')
  await clock.advance(20_000)
  database.heal()
  const { lease, store } = database.description().open({ clock, random: () => 0, logger: console })
  const fence = await lease.acquire('another', 1_000, signal)
  expect(fence).toBeGreaterThan(1)
  await store.write({ type: 'full', rows: [], sidecar: '', notice: '', fencingToken: fence ?? 0 }, signal)
  await lease.release('another', signal)
  await clock.advance(60_000)
  expect(one.log.filter((line) => line.includes('lost its data'))).toEqual([])
  expect(held(database, 'a', 'b')).toEqual([1, 1])
})

it('D15.9: stops writing as soon as a write is refused because of its fencing token', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const signal = new AbortController().signal
  const { apply, monitor } = setup({ database, clock, writers: 'one' })
  apply(full(put('a', 1)))
  await clock.advance(1_000)
  const { lease, store } = database.description().open({ clock, random: () => 0, logger: console })
  // As after a suspension of the process: the lease has expired, and this process does not know it.
  database.expireLease()
  const fence = await lease.acquire('another', 60_000, signal)
  await store.write({ type: 'full', rows: [], sidecar: '', notice: '', fencingToken: fence ?? 0 }, signal)
  apply(delta(put('a', 2)))
  await clock.advance(30_000)
  expect(writes(database)).toEqual(['write full 1', 'write full 0', 'write delta 1'])
  expect(monitor.status.current).toMatchObject({ role: 'follower', state: 'available' })
})

describe('a burst of changes', () => {
  /** A clock by which encoding a row of {@link busy} takes 0.2 ms. */
  class BusyClock extends VirtualClock {
    #busyMs = 0

    encode(): void {
      this.#busyMs += 0.2
    }

    override monotonic(): number {
      return super.monotonic() + this.#busyMs
    }
  }

  async function burst() {
    const clock = new BusyClock()
    const busy = (key: string, version: number): Change => {
      const toJSON = (): object => {
        clock.encode()
        return { key, version }
      }
      return {
        op: 'put',
        kind: 'flag',
        key,
        version,
        object: { key, version, toJSON } as unknown as JsonObject,
      }
    }
    const { database, apply } = setup({ clock })
    apply(full(put('a', 1)))
    await clock.advance(1_000)
    database.calls.length = 0
    const change = (version: number): void => {
      for (let key = 0; key < 50; key++) apply(delta(busy(`f${key}`, version)))
    }
    return { clock, database, change }
  }

  it('(D15.12) is written at once, and takes at most an eighth of the time for encoding', async () => {
    const { clock, database, change } = await burst()
    for (let version = 1; version <= 1_000; version++) {
      change(version)
      await clock.advance(1)
    }
    expect(writes(database).every((what) => what === 'write delta 50')).toBe(true)
    // Each write takes 10 ms by this clock, and a pause of 70 ms follows.
    expect(writes(database).length).toBeLessThan(1_000 / 60)
    await clock.advance(1_000)
    expect(held(database, 'f0', 'f49')).toEqual([1_000, 1_000])
  })

  it('(D15.12) is written without a longer pause once no change has arrived for 5 ms', async () => {
    const { clock, database, change } = await burst()
    change(1)
    await clock.advance(1)
    change(2)
    await clock.advance(3)
    expect(writes(database)).toEqual(['write delta 50'])
    await clock.advance(10)
    expect(writes(database)).toEqual(['write delta 50', 'write delta 50'])
    expect(held(database, 'f0', 'f49')).toEqual([2, 2])
  })
})
