import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { readFlagFiles } from '../../../src/flag-file/read.ts'
import { FileItems } from '../../../src/relay/files/file-items.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { fileEnvironment, poll, value } from './environment.ts'

const rule = {
  id: 'rule',
  variation: 1,
  clauses: [{ attribute: 'email', op: 'endsWith', values: ['@example.com'], contextKind: 'user' }],
}

function flags(count: number): string {
  const flag = { on: true, variations: [true, false], fallthrough: { variation: 0 }, rules: [rule, rule] }
  return JSON.stringify({
    flags: Object.fromEntries(Array.from({ length: count }, (_, index) => [`flag-${index}`, flag])),
  })
}

/** Runs work, and counts how often the event loop could do something else meanwhile. */
async function turnsDuring<T>(work: () => Promise<T>): Promise<readonly [turns: number, result: T]> {
  let turns = 0
  let isRunning = true
  const turn = (): void => {
    turns++
    if (isRunning) setImmediate(turn)
  }
  setImmediate(turn)
  const result = await work()
  isRunning = false
  return [turns, result]
}

it('(FS4.6) reads, checks, names and encodes a large file in time slices', async () => {
  const path = join(await folderForTest(), 'flags.json')
  await writeFile(path, flags(20_000))
  const [readTurns, file] = await turnsDuring(() => readFlagFiles({ paths: [path] }))
  expect(file.flags.size).toBe(20_000)
  // The steps take at least 100 ms, and a slice 4 ms.
  expect(readTurns).toBeGreaterThan(20)
  const [nameTurns] = await turnsDuring(() => new FileItems(systemClock).next(file, () => undefined))
  expect(nameTurns).toBeGreaterThan(10)
})

it('(FS4.6) serves 20,000 flags and a flag of 5 MB, and sends only the difference after an edit', async () => {
  const files = await fileEnvironment({ a: 1 })
  await files.saveText(flags(20_000), 'many.json')
  await files.save({ long: 'x'.repeat(5 * 2 ** 20) }, 'long.json')
  const relay = await files.start({}, { initTimeoutMs: 60_000 })
  expect(relay.view.environments[0]?.holds).toEqual({ flags: 20_002, segments: 0 })
  expect(await value(relay, 'long')).toHaveLength(5 * 2 ** 20)
  const before = await poll(relay)
  await files.save({ a: 2 })
  await expect.poll(() => value(relay), { timeout: 60_000 }).toBe(2)
  expect(await poll(relay, before.state)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a'] })
})
