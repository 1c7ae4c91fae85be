import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { readSidecar } from '../../../src/layout/sidecar.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { child } from '../../support/child.ts'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened } from './opened.ts'
import { flag, full } from './writes.ts'

const ROWS = 200
const program = join(import.meta.dirname, 'write-on-and-on.ts')

async function writerOf(path: string): Promise<ChildProcess> {
  const writer = child(program, path, String(ROWS))
  await once(writer.stdout as Readable, 'data')
  return writer
}

/** Reads the file repeatedly until the signal aborts, and returns the number of files; rejects if one is incomplete. */
function watching(path: string) {
  const stop = new AbortController()
  const { store, warnings } = opened(path)
  const files = new Set<string>()
  const run = async (): Promise<number> => {
    while (!stop.signal.aborted) {
      await pause(1)
      const { initialized, rows, sidecar } = await store.readAll(never)
      if (!initialized && files.size === 0) continue
      expect(initialized).toBe(true)
      expect(rows).toHaveLength(ROWS)
      const versions = new Set(
        rows.map(({ text }) => (JSON.parse(text) as { readonly version: number }).version),
      )
      expect(versions.size).toBe(1)
      expect(readSidecar(sidecar)).toBeDefined()
      files.add(sidecar ?? '')
    }
    return files.size
  }
  /** Resolves at the first new file after this call. */
  const another = async (): Promise<void> => {
    const before = files.size
    await expect.poll(() => files.size, { interval: 1 }).toBeGreaterThan(before)
  }
  return { finished: run(), another, end: () => stop.abort(), warnings }
}

it('S85: two writers that are killed at any moment leave a complete file for every reader', async () => {
  const folder = await newFolder()
  const path = join(folder, 'flags')
  const watch = watching(path)
  const killOneAfterAnother = async (): Promise<void> => {
    for (let kills = 0; kills < 15; kills++) {
      const writer = await writerOf(path)
      await watch.another()
      await pause(Math.random() * 30)
      const exited = once(writer, 'exit')
      writer.kill('SIGKILL')
      await exited
    }
  }
  await Promise.all([killOneAfterAnother(), killOneAfterAnother()])
  watch.end()
  expect(await watch.finished).toBeGreaterThanOrEqual(15)
  expect(watch.warnings).toEqual([])
  const left = (await readdir(folder)).filter((name) => name.endsWith('.tmp'))
  expect(left.length).toBeGreaterThan(0)
  const { store } = opened(path, { clock: new VirtualClock(Date.now() + 61_000) })
  await store.write(full(1, flag('a')), never)
  expect(await readdir(folder)).toEqual(['flags'])
})
