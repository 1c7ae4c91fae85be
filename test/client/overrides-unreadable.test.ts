import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { folderForTest } from '../cli/developing.ts'
import { start } from './starting.ts'

/** Creates a file whose reading never ends: a named pipe without a writer. Ends the reading with the test. */
async function endlessFile(): Promise<string> {
  const path = join(await folderForTest(), 'overrides.json')
  execFileSync('mkfifo', [path])
  onTestFinished(async () => {
    const writer = await open(path, constants.O_RDWR)
    await writer.write('{}')
    await writer.close()
  })
  return path
}

it('(OV2.4, OV2.5) does not wait longer than it was asked to, and closes, while a file cannot be read', async () => {
  const { client } = start({ offline: true, overrides: { paths: [await endlessFile()] } })
  const result = await client.waitForInitialization({ timeoutMs: 50 })
  expect(result.initialized).toBe(true)
  await client.waitForInitialization({ signal: AbortSignal.abort() })
  await client.close()
})
