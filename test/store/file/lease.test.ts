import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened } from './opened.ts'
import { delta, flag, full } from './writes.ts'

async function setup() {
  const folder = await newFolder()
  const { store, lease, clock } = opened(join(folder, 'flags'))
  const acquire = (holder: string): Promise<number | undefined> => lease.acquire(holder, 15_000, never)
  const leases = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name !== 'flags')
  return { folder, store, lease, clock, acquire, leases }
}

it('S87: stays with its holder while it is renewed, and then passes on with a higher fencing token', async () => {
  const { clock, acquire, leases } = await setup()
  expect(await acquire('one')).toBe(1)
  await clock.advance(14_999)
  expect(await acquire('two')).toBeUndefined()
  expect(await acquire('one')).toBe(1)
  await clock.advance(14_999)
  expect(await acquire('two')).toBeUndefined()
  await clock.advance(1)
  expect(await acquire('two')).toBe(2)
  expect(await acquire('one')).toBeUndefined()
  expect(await leases()).toEqual(['flags.lease-2'])
})

it('S87: one of many concurrent processes acquires it', async () => {
  const { lease, clock, acquire } = await setup()
  for (let fence = 1; fence <= 20; fence++) {
    const asked = Array.from({ length: 8 }, (_, index) => acquire(`${fence}-${index}`))
    const got = (await Promise.all(asked)).filter((answer) => answer !== undefined)
    expect(got).toEqual([fence])
    if (fence % 2 === 0) await clock.advance(15_000)
    else for (let index = 0; index < 8; index++) await lease.release(`${fence}-${index}`, never)
  }
})

it('S87: continues with the fencing token of the snapshot if its files were deleted', async () => {
  const { folder, store, acquire, leases } = await setup()
  await store.write({ ...full(1, flag('a')), fencingToken: 7 }, never)
  expect(await acquire('one')).toBe(8)
  for (const name of await leases()) await rm(join(folder, name))
  await store.write({ ...delta(2, flag('a', 2)), fencingToken: 11 }, never)
  await store.write(delta(3, flag('a', 3)), never)
  expect(await acquire('one')).toBe(12)
})

it('S87: ignores a malformed file, and one from a clock that was set back since', async () => {
  const { folder, clock, acquire } = await setup()
  await writeFile(join(folder, 'flags.lease-4'), 'nonsense')
  expect(await acquire('one')).toBe(5)
  const name = join(folder, 'flags.lease-5')
  const claim = JSON.parse(await readFile(name, 'utf8')) as { readonly until: number }
  expect(claim).toEqual({ holder: 'one', until: clock.now() + 15_000, ttlMs: 15_000 })
  await writeFile(name, JSON.stringify({ ...claim, until: claim.until + 3_600_000 }))
  expect(await acquire('two')).toBe(6)
})

it('an aborted call acquires nothing', async () => {
  const { lease, acquire, leases } = await setup()
  const aborted = AbortSignal.abort()
  // Enough calls that one of them would run before the last one.
  const given = Array.from({ length: 20 }, (_, index) => lease.acquire(`one-${index}`, 15_000, aborted))
  for (const { reason } of (await Promise.allSettled(given)) as readonly PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ kind: 'unavailable' })
  }
  expect(await acquire('two')).toBe(1)
  expect(await leases()).toEqual(['flags.lease-1'])
})

it('S87: rejects if the files cannot be written', async () => {
  const path = join(await newFolder(), 'missing', 'flags')
  await expect(opened(path).lease.acquire('one', 15_000, never)).rejects.toMatchObject({
    kind: 'refused',
    message: `cannot lease ${path}: its folder does not exist (ENOENT)`,
  })
})
