import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { resume } from '../../../src/layout/resume.ts'
import type { Change } from '../../../src/model/change-set.ts'
import { LazyReads } from '../../../src/store/lazy/lazy-reads.ts'
import { Mirror } from '../../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../../src/store/mirror/write-lease.ts'
import { StoreMonitor } from '../../../src/store/store-monitor.ts'
import { never } from '../../support/store-writes.ts'
import { ANY_OWNER } from '../../support/stored.ts'
import { newFolder, type Opened, opened } from './opened.ts'
import { delta, flag, full } from './writes.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

const put = (key: string, version: number): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object: { key, version, on: true },
})

/** Starts a mirror that writes to a file, as a data system does. */
function mirroring({ store, lease, clock }: Opened, writers: 'all' | 'one' = 'all') {
  const monitor = new StoreMonitor(store.name, 'writer', { clock, logger: silent })
  const writeLease = writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted
  const mirror = new Mirror({
    store,
    lease: writeLease,
    monitor,
    keyFingerprint: 'f',
    clock,
    random: () => 0,
    logger: silent,
  })
  const controller = new AbortController()
  const finished = mirror.run(controller.signal)
  let state = 0
  const apply = (type: 'full' | 'partial', ...changes: readonly Change[]): void =>
    mirror.accept({ changeSet: { type, changes }, selector: { state: `state-${++state}`, version: state } })
  const close = async (): Promise<void> => {
    controller.abort()
    // A delayed write starts before the close time-out of the mirror.
    await clock.advance(1_000)
    await finished
  }
  onTestFinished(close)
  return { apply, close }
}

/** Returns the data that the next process resumes from. */
async function restarted(path: string) {
  const { store, clock } = opened(path)
  const resumption = await resume(await store.readAll(never), ANY_OWNER, clock)
  if (resumption.type === 'refused') return resumption.reason
  const { changeSet, sidecar } = resumption
  return {
    selector: sidecar.selector?.state,
    keys: changeSet.changes.map(({ key, version }) => `${key} ${version}`),
  }
}

it('S86: data from before a close is available at the next start, with its selector (D16)', async () => {
  const path = join(await newFolder(), 'flags')
  const process = opened(path, { saveEveryMs: 1_000 })
  const { apply, close } = mirroring(process)
  apply('full', put('a', 1), put('b', 1))
  await expect.poll(() => restarted(path)).toMatchObject({ selector: 'state-1' })
  apply('partial', put('a', 2))
  apply('partial', { op: 'delete', kind: 'flag', key: 'b', version: 2 }, put('c', 1))
  await expect.poll(() => process.clock.armed).toBe(3)
  expect(await restarted(path)).toMatchObject({ selector: 'state-1' })
  await close()
  expect(await restarted(path)).toEqual({ selector: 'state-3', keys: ['a 2', 'c 1'] })
})

it('S85: a mirror writes everything again with the next change if its file was damaged', async () => {
  const path = join(await newFolder(), 'flags')
  const process = opened(path)
  const { apply } = mirroring(process)
  apply('full', put('a', 1), put('b', 1))
  await expect.poll(() => restarted(path)).toMatchObject({ selector: 'state-1' })
  await writeFile(path, 'halyard-snapshot damaged')
  apply('partial', put('a', 2))
  await expect
    .poll(() => process.clock.advance(1_000).then(() => restarted(path)))
    .toEqual({ selector: 'state-2', keys: ['a 2', 'b 1'] })
})

it('S87: one of two mirrors with the same file writes, and the other one takes over when it ends', async () => {
  const path = join(await newFolder(), 'flags')
  const process = opened(path)
  const other = opened(path, { clock: process.clock })
  const one = mirroring(process, 'one')
  one.apply('full', put('a', 1))
  await expect.poll(() => restarted(path)).toMatchObject({ keys: ['a 1'] })
  const two = mirroring(other, 'one')
  two.apply('full', put('a', 7))
  await expect.poll(() => process.clock.armed).toBeGreaterThan(1)
  expect(await restarted(path)).toMatchObject({ keys: ['a 1'] })
  await one.close()
  await expect
    .poll(() => process.clock.advance(1_000).then(() => restarted(path)))
    .toMatchObject({ keys: ['a 7'] })
})

it('S87: lazy reads return a change after the next check of the file', async () => {
  const path = join(await newFolder(), 'flags')
  const writer = opened(path)
  await writer.store.write(full(1, flag('a')), never)
  const { store, feed, clock } = opened(path)
  const monitor = new StoreMonitor(store.name, 'reader', { clock, logger: silent })
  const options = { store, feed, monitor, clock, random: () => 0, staleOnErrorMs: 0, cacheTtlMs: Infinity }
  const reads = new LazyReads({ ...options, gate: 'marker', fills: 'on demand' })
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  void reads.run(controller.signal)
  const version = async (): Promise<number | undefined> => {
    const view = reads.view()
    view.flag('a')
    await view.fill()
    return view.flag('a')?.version
  }
  expect(await reads.ready()).toBe(true)
  expect(await version()).toBe(1)
  await writer.store.write(delta(2, flag('a', 2)), never)
  expect(await version()).toBe(1)
  await expect.poll(() => clock.advance(1_000).then(version)).toBe(2)
})
