import { expect, onTestFinished } from 'vitest'
import { decodeRow } from '../../src/layout/row.ts'
import type { Change } from '../../src/model/change-set.ts'
import type { StoreDescription } from '../../src/model/persistent-store.ts'
import { Mirror } from '../../src/store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../../src/store/mirror/write-lease.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { never } from '../support/store-writes.ts'

export const put = (key: string, version: number): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object: { key, version },
})

/** Starts a connected writer on a real database. The test decides when its checks are due. */
export function writing(description: StoreDescription, writers: 'all' | 'one' = 'all') {
  const clock = new VirtualClock(Date.now())
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const logger = { debug() {}, info() {}, warn: write, error: write }
  const { store, lease } = description.open({ clock, random: () => 0, logger })
  const monitor = new StoreMonitor(store.name, 'writer', { clock, logger })
  const source = { live: true }
  const writeLease = writers === 'one' ? exclusive(lease, monitor, clock) : unrestricted
  const options = { lease: writeLease, monitor, keyFingerprint: 'f', clock, random: () => 0, logger }
  const mirror = new Mirror({ ...options, store: monitored(store, monitor) })
  const controller = new AbortController()
  const running = mirror.run(controller.signal, { isLive: () => source.live })
  const close = async (): Promise<void> => {
    controller.abort()
    await Promise.race([running, clock.advance(3_000).then(() => running)])
    await store.close()
  }
  onTestFinished(close)
  const held = async (): Promise<Record<string, number>> => {
    const { initialized, rows } = await store.readAll(never)
    if (!initialized) return {}
    return Object.fromEntries(
      rows.flatMap((row) => {
        const decoded = decodeRow(row)
        return decoded.type === 'item' ? [[row.key, decoded.item.version]] : []
      }),
    )
  }
  /** Lets time pass until the database holds these versions. */
  const until = async (wanted: Record<string, number>): Promise<void> => {
    const look = async (): Promise<Record<string, number>> => {
      await clock.advance(500)
      return held().catch(() => ({}))
    }
    await expect.poll(look, { interval: 20 }).toEqual(wanted)
  }
  const apply = async (type: 'full' | 'partial', version: number, ...changes: readonly Change[]) => {
    const selector = { state: `state-${version}`, version }
    mirror.accept({ changeSet: { type, changes }, selector })
    await clock.advance(0)
  }
  const lossesLogged = (): number => log.filter((line) => line.includes('lost its data')).length
  return { clock, source, monitor, apply, until, lossesLogged, close }
}

export type Writing = ReturnType<typeof writing>

/** Writes three flags, calls `between`, and changes two of them. */
export async function prepare(
  writer: Writing,
  between: () => Promise<unknown> = async () => {},
): Promise<void> {
  await writer.apply('full', 1, put('a', 1), put('b', 1), put('c', 1))
  await writer.until({ a: 1, b: 1, c: 1 })
  await between()
  await writer.apply('partial', 2, put('a', 2))
  await writer.until({ a: 2, b: 1, c: 1 })
  await writer.apply('partial', 3, put('b', 3))
  await writer.until(COMPLETE)
}

export const COMPLETE = { a: 2, b: 3, c: 1 }
