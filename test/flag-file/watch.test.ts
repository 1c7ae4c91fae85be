import { chmod, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { watchFile, watchFiles } from '../../src/flag-file/watch.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'halyard-watch-'))
  path = join(folder, 'flags.json')
  return () => rm(folder, { recursive: true })
})

/** A watch whose checks the test runs one by one. */
function watching() {
  const clock = new VirtualClock()
  const stop = new AbortController()
  let seen = 0
  const finished = (async () => {
    for await (const _ of watchFile(path, { clock, signal: stop.signal })) seen++
  })()
  onTestFinished(() => stop.abort())
  return {
    clock,
    stop,
    finished,
    seen: () => seen,
    async look() {
      await expect.poll(() => clock.armed, { interval: 1 }).toBe(2)
      await clock.advance(200)
      await expect.poll(() => clock.armed, { interval: 1 }).toBe(2)
    },
  }
}

test('does not report an unchanged file', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  for (let looks = 0; looks < 3; looks++) await watch.look()
  expect(watch.seen()).toBe(0)
})

test('reports a change once, after two checks that agree', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await writeFile(path, 'half of tw')
  await watch.look()
  await writeFile(path, 'all of two')
  await writeFile(path, 'all of two!')
  await watch.look()
  expect(watch.seen()).toBe(0)
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(1)
})

test('reports a change between the call and the first check', async () => {
  await writeFile(path, 'one')
  const clock = new VirtualClock()
  const changes = watchFile(path, { clock, signal: new AbortController().signal })
  await writeFile(path, 'another')
  const change = changes.next()
  for (let looks = 0; looks < 2; looks++) {
    await expect.poll(() => clock.armed).toBe(2)
    await clock.advance(200)
  }
  expect(await change).toEqual({ done: false, value: undefined })
})

test('reports a file that another one replaced by a rename', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await writeFile(`${path}.new`, 'two')
  await rename(`${path}.new`, path)
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(1)
})

test('reports a link with a new target, as in a mounted config map', async () => {
  await writeFile(join(folder, 'v1'), 'same size')
  await writeFile(join(folder, 'v2'), 'same size')
  await symlink('v1', path)
  const watch = watching()
  await symlink('v2', `${path}.new`)
  await rename(`${path}.new`, path)
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(1)
})

test('reports a deleted file once, and again when it is back', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await unlink(path)
  for (let looks = 0; looks < 3; looks++) await watch.look()
  expect(watch.seen()).toBe(1)
  await writeFile(path, 'back')
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(2)
})

test('reports a file once that is missing in one check only, as with some editors', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await unlink(path)
  await watch.look()
  await writeFile(path, 'back')
  for (let looks = 0; looks < 3; looks++) await watch.look()
  expect(watch.seen()).toBe(1)
})

test('reports new permissions, because the file may have become readable', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await chmod(path, 0o600)
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(1)
})

test('checks each of several files and yields a result per check', async () => {
  const other = join(folder, 'other.json')
  await writeFile(path, 'one')
  const clock = new VirtualClock()
  const looks = watchFiles([path, other], { clock, signal: new AbortController().signal })
  const look = async () => {
    const found: unknown[] = []
    void looks.next().then(({ value }) => found.push(value))
    await expect.poll(() => clock.advance(200).then(() => found), { interval: 1 }).toHaveLength(1)
    return found[0]
  }
  expect(await look()).toBe('same')
  await writeFile(other, 'appears')
  expect(await look()).toBe('changed')
  expect(await look()).toBe('same')
  await writeFile(path, 'another')
  expect(await look()).toBe('changed')
})

test('reports a file that did not exist before', async () => {
  const watch = watching()
  await watch.look()
  await writeFile(path, 'new')
  await watch.look()
  await watch.look()
  expect(watch.seen()).toBe(1)
})

test('ends with its signal and leaves no timer', async () => {
  await writeFile(path, 'one')
  const watch = watching()
  await watch.look()
  watch.stop.abort()
  await watch.finished
  expect(watch.clock.armed).toBe(0)
})
