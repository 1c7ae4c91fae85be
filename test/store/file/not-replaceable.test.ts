import type * as fs from 'node:fs/promises'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened } from './opened.ts'
import { flag, full } from './writes.ts'

const { failures } = vi.hoisted(() => ({ failures: [] as string[] }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  return {
    ...real,
    rename: async (from: string, to: string) => {
      const code = failures.shift()
      if (code !== undefined) throw Object.assign(new Error(code), { code, errno: -1 })
      return real.rename(from, to)
    },
  }
})

it.each(['EXDEV', 'EBUSY', 'EPERM', 'EACCES', 'EROFS'])(
  'S187: overwrites a file if renaming fails with %s',
  async (code) => {
    const folder = await newFolder()
    const path = join(folder, 'flags')
    const { store, contents } = opened(path)
    await store.write(full(1, flag('a')), never)
    failures.push(code)
    await store.write(full(2, flag('b')), never)
    expect(failures).toEqual([])
    expect(await contents()).toEqual(new Map([['flag b', flag('b').text]]))
    expect(await readdir(folder)).toEqual(['flags'])
  },
)

it('S187: rejects with the error of the rename if there is no file yet', async () => {
  const folder = await newFolder()
  failures.push('EACCES')
  await expect(opened(join(folder, 'flags')).store.write(full(1, flag('a')), never)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('(EACCES)') as unknown,
  })
  expect(await readdir(folder)).toEqual([])
})
