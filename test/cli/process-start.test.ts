import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test as it, onTestFinished } from 'vitest'
import { codeCacheFolder, terminalColumns } from '../../src/cli/process-start.ts'

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-home-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

it('keeps the code of commands in the cache folder of the user', () => {
  const HOME = home()
  expect(codeCacheFolder({ HOME })).toBe(join(HOME, '.cache/halyard/compile-cache'))
  expect(codeCacheFolder({ HOME, XDG_CACHE_HOME: 'relative' })).toBe(
    join(HOME, '.cache/halyard/compile-cache'),
  )
  const cache = home()
  expect(codeCacheFolder({ HOME, XDG_CACHE_HOME: cache })).toBe(join(cache, 'halyard/compile-cache'))
})

it('keeps no code where another user could write', () => {
  const open = home()
  chmodSync(open, 0o1777)
  expect(codeCacheFolder({ HOME: open })).toBeUndefined()
  const HOME = home()
  const folder = join(HOME, '.cache/halyard/compile-cache')
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o770)
  expect(codeCacheFolder({ HOME })).toBeUndefined()
  rmSync(folder, { recursive: true })
  symlinkSync(open, folder)
  expect(codeCacheFolder({ HOME })).toBeUndefined()
})

it('keeps no code without a folder that it can create', () => {
  const HOME = home()
  expect(codeCacheFolder({ HOME: join(HOME, 'missing') })).toBeUndefined()
  writeFileSync(join(HOME, '.cache'), '')
  expect(codeCacheFolder({ HOME })).toBeUndefined()
})

it.each([
  [{ columns: 120 }, 120],
  [{ columns: 0 }, 80],
  [{}, 80],
])('assumes 80 columns for a terminal without a size: %j', (stream, columns) => {
  expect(terminalColumns(stream)).toBe(columns)
})
