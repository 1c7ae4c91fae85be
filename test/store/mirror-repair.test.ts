import { expect, it, onTestFinished } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import { decodeRow } from '../../src/layout/row.ts'
import { readSidecar } from '../../src/layout/sidecar.ts'
import type { AppliedChangeSet, Change } from '../../src/model/change-set.ts'
import type { PersistentStore } from '../../src/model/persistent-store.ts'
import { Mirror } from '../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../src/store/mirror/write-lease.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const put = (key: string, version: number, kind: Change['kind'] = 'flag'): Change => ({
  op: 'put',
  kind,
  key,
  version,
  object: { key, version },
})
const remove = (key: string, version: number): Change => ({ op: 'delete', kind: 'flag', key, version })
const full = (...changes: readonly Change[]): AppliedChangeSet => ({ type: 'full', changes })
const delta = (...changes: readonly Change[]): AppliedChangeSet => ({ type: 'partial', changes })

/** Several writers of one database, each with a source that can be interrupted. */
class SharedDatabase {
  readonly clock = new VirtualClock()
  readonly database = new MemoryDatabase()
  readonly writers: 'all' | 'one'

  constructor(writers: 'all' | 'one' = 'all') {
    this.writers = writers
  }

  join() {
    const { clock, database } = this
    const log: string[] = []
    const write = (message: string): void => void log.push(message)
    const logger = { debug() {}, info: write, warn: write, error: write }
    const opened = database.description().open({ clock, random: () => 0, logger })
    const latency = { writeMs: 0 }
    const store: PersistentStore = {
      ...opened.store,
      write: async (write, signal) => {
        if (latency.writeMs > 0) await sleep(clock, latency.writeMs, signal)
        return opened.store.write(write, signal)
      },
    }
    const { lease } = opened
    const monitor = new StoreMonitor(store.name, 'writer', { clock, logger })
    const writeLease = this.writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted
    const options = { lease: writeLease, monitor, keyFingerprint: 'f', clock, random: () => 0, logger }
    const mirror = new Mirror({ ...options, store: monitored(store, monitor) })
    const source = { live: true }
    const controller = new AbortController()
    const running = mirror.run(controller.signal, { isLive: () => source.live })
    const close = async (): Promise<void> => {
      controller.abort()
      await running
    }
    onTestFinished(async () => {
      database.heal()
      await close()
    })
    const apply = async (changeSet: AppliedChangeSet, version: number): Promise<void> => {
      mirror.accept({ changeSet, selector: { state: `state-${version}`, version } })
      await clock.advance(0)
    }
    return { apply, source, latency, monitor, log, close }
  }

  /** Returns the versions of keys; those of tombstones are negative. */
  held(...keys: readonly string[]): readonly (number | undefined)[] {
    return keys.map((key) => {
      const row = this.database.row('flag', key)
      const decoded = row && decodeRow(row)
      if (decoded?.type === 'tombstone') return -decoded.version
      return decoded?.type === 'item' ? decoded.item.version : undefined
    })
  }

  get writes(): string[] {
    return this.database.calls.filter((what) => what.startsWith('write'))
  }
}

const status = ({ monitor }: { readonly monitor: StoreMonitor }) => monitor.status.current

it('S170.4: repairs a database that was restored from a backup after the next check', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('b', 1)), 1)
  const restart = shared.database.save()
  await relay.apply(delta(put('a', 2)), 2)
  await relay.apply(delta(put('b', 3), remove('a', 3)), 3)
  await shared.clock.advance(10_000)
  restart()
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'b')).toEqual([-3, 3])
  expect(readSidecar(shared.database.sidecar)?.selector?.state).toBe('state-3')
  expect(status(relay)).toMatchObject({ stale: false, lost: false })
  expect(relay.log.filter((line) => line.includes('went back to an earlier state'))).toHaveLength(1)
})

it('S170: detects a restore although a delta was written before the next check', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('b', 1)), 1)
  const restart = shared.database.save()
  await relay.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(10_000)
  restart()
  await relay.apply(delta(put('b', 3)), 3)
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'b')).toEqual([2, 3])
})

it('S170: removes a deleted flag that a restore brought back', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('gone', 7)), 1)
  const restart = shared.database.save()
  await relay.apply(full(put('a', 1)), 2)
  await shared.clock.advance(10_000)
  restart()
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
})

it('S170: detects a backup from the time of an earlier process', async () => {
  const shared = new SharedDatabase()
  const earlier = shared.join()
  await earlier.apply(full(put('a', 1), put('gone', 7)), 1)
  const restart = shared.database.save()
  await earlier.close()
  await shared.clock.advance(120_000)
  const relay = shared.join()
  await relay.apply(full(put('a', 2)), 2)
  await shared.clock.advance(10_000)
  restart()
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'gone')).toEqual([2, undefined])
})

it.each([
  ['all flags', (database: MemoryDatabase) => database.deleteRows('flag')],
  ['all segments', (database: MemoryDatabase) => database.deleteRows('segment')],
  ['one row', (database: MemoryDatabase) => database.deleteRows('flag', 'b')],
  ['the marker', (database: MemoryDatabase) => database.damage({ marker: false })],
  ['everything', (database: MemoryDatabase) => database.wipe()],
])('S171.2: writes %s again after the next check if it was lost', async (_, damage) => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('b', 1), put('s', 1, 'segment')), 1)
  await relay.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(10_000)
  damage(shared.database)
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'b')).toEqual([2, 1])
  expect(shared.database.row('segment', 's')).toBeDefined()
  expect(shared.database.marker).toBe(true)
  expect(relay.log.filter((line) => line.includes('lost its data'))).toHaveLength(1)
  await shared.clock.advance(600_000)
  expect(shared.writes).toHaveLength(3)
})

it('S171: finds rows that were replaced by older ones when it reads all rows, every 5 min', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 5), put('b', 5)), 1)
  await shared.clock.advance(10_000)
  shared.database.put({ kind: 'flag', key: 'a', text: '{"key":"a","version":2}' })
  await shared.clock.advance(60_000)
  expect(shared.held('a')).toEqual([2])
  await shared.clock.advance(245_000)
  expect(shared.held('a')).toEqual([5])
})

it('S172: the writer with the later data repairs', async () => {
  for (const delayMs of [0, 1, 2_500, 4_999]) {
    const shared = new SharedDatabase()
    const behind = shared.join()
    const current = shared.join()
    await behind.apply(full(put('a', 1), put('b', 1)), 1)
    await shared.clock.advance(delayMs)
    await current.apply(full(put('a', 1), put('b', 1)), 1)
    behind.source.live = false
    for (const version of [2, 3, 4]) await current.apply(delta(put('a', version)), version)
    await shared.clock.advance(20_000)
    shared.database.wipe()
    await shared.clock.advance(300_000)
    expect(shared.held('a', 'b')).toEqual([4, 1])
    expect(status(behind)).toMatchObject({ stale: false, lost: false })
    expect(status(current)).toMatchObject({ stale: false, lost: false })
  }
})

it('S172.5: a writer whose source is interrupted repairs after 60 s if no other writer does', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1)), 1)
  relay.source.live = false
  await shared.clock.advance(10_000)
  shared.database.wipe()
  await shared.clock.advance(30_000)
  expect(shared.held('a')).toEqual([undefined])
  expect(status(relay)).toMatchObject({ stale: true, lost: true })
  expect(relay.log.some((line) => line.includes('left to other writers for 60 s'))).toBe(true)
  await shared.clock.advance(40_000)
  expect(shared.held('a')).toEqual([1])
  expect(status(relay)).toMatchObject({ stale: false, lost: false })
})

it('S172.3: a repair lowers no version and removes no row of other writers', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('b', 1)), 1)
  relay.source.live = false
  await shared.clock.advance(10_000)
  shared.database.deleteRows('flag', 'b')
  shared.database.put({ kind: 'flag', key: 'a', text: '{"key":"a","version":9}' })
  shared.database.put({ kind: 'flag', key: 'theirs', text: '{"key":"theirs","version":3}' })
  await shared.clock.advance(400_000)
  expect(shared.held('a', 'b', 'theirs')).toEqual([9, 1, 3])
})

it('S172: a connected writer repairs the older data of a writer that is cut off', async () => {
  const shared = new SharedDatabase()
  const current = shared.join()
  await current.apply(full(put('a', 4)), 4)
  await shared.clock.advance(10_000)
  const old = shared.join()
  await old.apply(full(put('a', 1)), 1)
  old.source.live = false
  expect(shared.held('a')).toEqual([1])
  await shared.clock.advance(10_001)
  expect(shared.held('a')).toEqual([4])
  await shared.clock.advance(300_000)
  expect(shared.held('a')).toEqual([4])
})

it('S172.6: a full payload replaces everything, also with lower versions', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 50), put('b', 50)), 50)
  await shared.clock.advance(10_000)
  await relay.apply(full(put('a', 1)), 1)
  relay.source.live = false
  await shared.clock.advance(300_000)
  expect(shared.held('a', 'b')).toEqual([1, undefined])
})

it('S172: two writers follow a payload with lower versions, and neither restores the old rows', async () => {
  const shared = new SharedDatabase()
  const one = shared.join()
  const two = shared.join()
  for (const relay of [one, two]) await relay.apply(full(put('a', 50), put('b', 50)), 50)
  await shared.clock.advance(10_000)
  await one.apply(full(put('a', 1)), 1)
  await shared.clock.advance(4_000)
  await two.apply(full(put('a', 1)), 1)
  await shared.clock.advance(300_000)
  expect(shared.held('a', 'b')).toEqual([1, undefined])
})

it('S172: a writer that is cut off compares the database after a failed write before it writes', async () => {
  const shared = new SharedDatabase()
  const behind = shared.join()
  const current = shared.join()
  await behind.apply(full(put('a', 1)), 1)
  await current.apply(full(put('a', 1)), 1)
  shared.database.fail('error')
  await behind.apply(delta(put('b', 2)), 2)
  behind.source.live = false
  await shared.clock.advance(20_000)
  shared.database.heal()
  await current.apply(delta(put('a', 4), put('b', 4)), 4)
  await shared.clock.advance(300_000)
  expect(shared.held('a', 'b')).toEqual([4, 4])
  expect(status(behind).stale).toBe(false)
})

it('S172: a writer with older data keeps the newer rows when it takes over the lease', async () => {
  const shared = new SharedDatabase('one')
  const current = shared.join()
  await current.apply(full(put('a', 4)), 4)
  const behind = shared.join()
  await behind.apply(full(put('a', 1)), 1)
  behind.source.live = false
  await shared.clock.advance(20_000)
  await current.close()
  await shared.clock.advance(90_000)
  expect(status(behind).role).toBe('writer')
  expect(shared.held('a')).toEqual([4])
})

it('S148: removes a deleted flag that a writer wrote again after it was cut off', async () => {
  const shared = new SharedDatabase()
  const old = shared.join()
  await old.apply(full(put('a', 1), put('gone', 1)), 1)
  old.source.live = false
  const current = shared.join()
  await current.apply(full(put('a', 1)), 2)
  await shared.clock.advance(20_000)
  current.source.live = false
  shared.database.fail('error')
  await shared.clock.advance(10_000)
  shared.database.wipe()
  shared.database.heal()
  await shared.clock.advance(120_000)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
  for (const writer of [old, current]) expect(status(writer)).toMatchObject({ stale: false, lost: false })
  expect(shared.writes.length).toBeLessThanOrEqual(6)
})

it('S148.2: a writer with later data removes a flag that only the earlier data contains', async () => {
  const shared = new SharedDatabase()
  const current = shared.join()
  await current.apply(full(put('a', 1), put('gone', 1)), 1)
  await current.apply(full(put('a', 1)), 2)
  await shared.clock.advance(10_000)
  shared.database.wipe()
  const old = shared.join()
  await old.apply(full(put('a', 1), put('gone', 1)), 1)
  old.source.live = false
  expect(shared.held('a', 'gone')).toEqual([1, 1])
  await shared.clock.advance(11_000)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
  expect(current.log.filter((line) => line.includes('rows that were deleted (1)'))).toHaveLength(1)
  const { writes } = shared
  await shared.clock.advance(600_000)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
  expect(shared.writes).toEqual(writes)
})

it('S148.3: removes a flag that returned between the comparison and the write of a repair', async () => {
  const shared = new SharedDatabase()
  const old = shared.join()
  await old.apply(full(put('a', 1), put('gone', 1)), 1)
  old.source.live = false
  await shared.clock.advance(9_000)
  const current = shared.join()
  await current.apply(full(put('a', 1)), 2)
  current.source.live = false
  current.latency.writeMs = 3_000
  await shared.clock.advance(14_000)
  shared.database.wipe()
  await shared.clock.advance(66_000)
  expect(shared.held('a', 'gone')).toEqual([1, 1])
  expect(readSidecar(shared.database.sidecar)?.selector?.state).toBe('state-2')
  await shared.clock.advance(180_000)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
  expect(status(current)).toMatchObject({ stale: false, lost: false })
})

it('S148.3: removes a flag that returned between a look and a delta', async () => {
  const shared = new SharedDatabase()
  const current = shared.join()
  await current.apply(full(put('a', 1), put('gone', 1)), 1)
  await current.apply(full(put('a', 1)), 2)
  await shared.clock.advance(10_000)
  const old = shared.join()
  await old.apply(full(put('a', 1), put('gone', 1)), 1)
  old.source.live = false
  await current.apply(delta(put('b', 3)), 3)
  expect(shared.held('a', 'b', 'gone')).toEqual([1, 3, 1])
  await shared.clock.advance(11_000)
  expect(shared.held('a', 'b', 'gone')).toEqual([1, 3, undefined])
})

it('S148: keeps a new flag of a writer that is ahead, although one that is behind wrote after it', async () => {
  const shared = new SharedDatabase()
  const relays = [shared.join(), shared.join(), shared.join()]
  const [ahead, middle, behind] = relays as [(typeof relays)[0], (typeof relays)[0], (typeof relays)[0]]
  for (const relay of relays) await relay.apply(full(put('a', 1)), 1)
  await middle.apply(delta(put('a', 2)), 2)
  middle.source.live = false
  await ahead.apply(delta(put('a', 2)), 2)
  await ahead.apply(delta(put('new', 3)), 3)
  await behind.apply(delta(put('a', 2)), 1)
  behind.source.live = false
  await shared.clock.advance(600_000)
  expect(shared.held('a', 'new')).toEqual([2, 3])
})

it('S147.1: a holder that is cut off passes the lease to a connected writer', async () => {
  const shared = new SharedDatabase('one')
  const old = shared.join()
  const current = shared.join()
  for (const relay of [old, current]) await relay.apply(full(put('a', 1)), 1)
  expect([status(old).role, status(current).role]).toEqual(['writer', 'follower'])
  old.source.live = false
  await current.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(30_000)
  expect([status(old).role, status(current).role]).toEqual(['follower', 'writer'])
  expect(shared.held('a')).toEqual([2])
  old.source.live = true
  await current.close()
  await old.apply(delta(put('a', 3)), 3)
  await shared.clock.advance(5_001)
  expect([status(old).role, shared.held('a')]).toEqual(['writer', [3]])
})

it('S147: keeps the lease during an interruption shorter than 15 s', async () => {
  const shared = new SharedDatabase('one')
  const holder = shared.join()
  const other = shared.join()
  for (const relay of [holder, other]) await relay.apply(full(put('a', 1)), 1)
  for (let count = 0; count < 10; count++) {
    holder.source.live = false
    await shared.clock.advance(9_000)
    holder.source.live = true
    await shared.clock.advance(6_000)
    expect([status(holder).role, status(other).role]).toEqual(['writer', 'follower'])
  }
})

it('S147, S172: the only writer repairs while it is cut off, although it offers its lease', async () => {
  const shared = new SharedDatabase('one')
  const relay = shared.join()
  await relay.apply(full(put('a', 1)), 1)
  relay.source.live = false
  await shared.clock.advance(10_000)
  shared.database.wipe()
  await shared.clock.advance(40_000)
  expect(status(relay)).toMatchObject({ stale: true, lost: true })
  expect(shared.held('a')).toEqual([undefined])
  await shared.clock.advance(60_000)
  expect(shared.held('a')).toEqual([1])
  expect(status(relay)).toMatchObject({ stale: false, lost: false })
})

it('S147.2: writers that are all cut off offer the lease once a minute and write nothing', async () => {
  const shared = new SharedDatabase('one')
  const relays = [shared.join(), shared.join(), shared.join()]
  for (const relay of relays) await relay.apply(full(put('a', 1)), 1)
  for (const relay of relays) relay.source.live = false
  await shared.clock.advance(20_000)
  const before = shared.database.calls.length
  await shared.clock.advance(600_000)
  expect(shared.writes).toHaveLength(1)
  const asked = shared.database.calls.slice(before)
  expect(asked.filter((what) => what === 'readAll').length).toBeLessThanOrEqual(12)
  expect(relays.map(({ monitor }) => monitor.status.current.stale)).toEqual([false, false, false])
})

it('S173: two programs with different data for one prefix do not overwrite each other without end', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 5)), 1)
  let undone = 0
  for (let minute = 0; minute < 240; minute++) {
    await shared.clock.advance(15_000)
    if (shared.held('a')[0] !== undefined) undone++
    shared.database.deleteRows('flag')
  }
  expect(undone).toBeLessThan(20)
  expect(relay.log.length).toBeLessThan(10)
  expect(relay.log.filter((line) => line.includes('again and again'))).toHaveLength(1)
  expect(status(relay)).toMatchObject({ stale: true, lost: true })
  await shared.clock.advance(3_600_000)
  expect(shared.held('a')).toEqual([5])
})

it('S173: two writers of the same data write each change exactly once each', async () => {
  const shared = new SharedDatabase()
  const relays = [shared.join(), shared.join(), shared.join()]
  for (const relay of relays) await relay.apply(full(put('a', 1), put('b', 1)), 1)
  for (let version = 2; version < 20; version++) {
    for (const relay of relays) await relay.apply(delta(put('a', version), remove('b', version)), version)
    await shared.clock.advance(version * 777)
  }
  await shared.clock.advance(600_000)
  expect(shared.writes).toHaveLength(3 * 19)
  expect(relays.flatMap(({ log }) => log)).toEqual([])
})

it('S175.1: sets the status to stale while a write is pending for more than 1 s', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1)), 1)
  await shared.clock.advance(10_000)
  shared.database.fail('hang')
  await relay.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(999)
  expect(status(relay).stale).toBe(false)
  await shared.clock.advance(1)
  expect(status(relay)).toMatchObject({ stale: true, state: 'available' })
  shared.database.heal()
  await shared.clock.advance(60_000)
  expect(status(relay).stale).toBe(false)
  expect(shared.held('a')).toEqual([2])
})

it('S175: keeps the status stale if a check finds the data intact while a write is pending', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1)), 1)
  await shared.clock.advance(10_000)
  shared.database.fail('error')
  await shared.clock.advance(5_001)
  await relay.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(1_100)
  expect(status(relay).stale).toBe(true)
  shared.database.heal()
  await shared.clock.advance(20_000)
  expect(shared.held('a')).toEqual([2])
  expect(status(relay).stale).toBe(false)
})

it('S172: does not restore a flag that another writer deleted with a full payload', async () => {
  const shared = new SharedDatabase()
  const behind = shared.join()
  await behind.apply(full(put('a', 1), put('gone', 1)), 1)
  behind.source.live = false
  await shared.clock.advance(10_000)
  const current = shared.join()
  await current.apply(full(put('a', 1)), 2)
  await shared.clock.advance(900_000)
  expect(shared.held('a', 'gone')).toEqual([1, undefined])
})

it('S170: detects a restore although another writer replaced the restored sidecar first', async () => {
  const shared = new SharedDatabase()
  const first = shared.join()
  const second = shared.join()
  for (const relay of [first, second]) await relay.apply(full(put('a', 1), put('b', 1)), 1)
  const restart = shared.database.save()
  for (const relay of [first, second]) await relay.apply(delta(put('a', 2)), 2)
  await shared.clock.advance(20_000)
  restart()
  // The number of rows is as expected, and the sidecar of the first delta has the digest that the second writer expects.
  for (const relay of [first, second]) await relay.apply(delta(put('b', 3)), 3)
  first.source.live = false
  await shared.clock.advance(10_001)
  expect(shared.held('a', 'b')).toEqual([2, 3])
  expect(status(first)).toMatchObject({ stale: false, lost: false })
})

it('S172.5: leaves the next loss to other writers for another 60 s after a full payload', async () => {
  const shared = new SharedDatabase()
  const relay = shared.join()
  await relay.apply(full(put('a', 1)), 1)
  relay.source.live = false
  await shared.clock.advance(10_000)
  shared.database.deleteRows('flag', 'a')
  await shared.clock.advance(30_000)
  relay.source.live = true
  await relay.apply(full(put('a', 1)), 2)
  expect(shared.held('a')).toEqual([1])
  relay.source.live = false
  shared.database.deleteRows('flag', 'a')
  await shared.clock.advance(50_000)
  expect(shared.held('a')).toEqual([undefined])
  await shared.clock.advance(20_000)
  expect(shared.held('a')).toEqual([1])
})

it('S170.1: detects a lost row, although a repair left out a tombstone of another writer', async () => {
  const shared = new SharedDatabase()
  const other = shared.join()
  await other.apply(full(put('a', 1), put('b', 1), put('c', 1)), 1)
  const relay = shared.join()
  await relay.apply(full(put('a', 1), put('c', 1)), 2)
  await other.apply(delta(remove('b', 2)), 2)
  await shared.clock.advance(10_000)
  expect(shared.held('a', 'b', 'c')).toEqual([1, -2, 1])
  await other.close()
  shared.database.deleteRows('flag')
  await shared.clock.advance(20_000)
  expect(shared.held('a', 'b', 'c')).toEqual([1, undefined, 1])
  shared.database.deleteRows('flag', 'c')
  await relay.apply(delta(put('b', 3)), 3)
  await shared.clock.advance(5_001)
  expect(shared.held('a', 'b', 'c')).toEqual([1, 3, 1])
})
