import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fileStore } from '../../src/store/file/file-store.ts'
import { persistentStoreContract } from './persistent-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'halyard-contract-'))
afterAll(() => rmSync(folder, { recursive: true }))

persistentStoreContract('file', () => ({
  describe: (prefix) => fileStore(join(folder, prefix), { saveEveryMs: 0, feedIntervalMs: 100 }),
}))
