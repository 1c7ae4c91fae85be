import { expect, it } from 'vitest'
import { parseFlagFile } from '../../../src/flag-file/parse.ts'
import type { Flag } from '../../../src/model/flag.ts'
import { FileItems, type FileRevision } from '../../../src/relay/files/file-items.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'

const NOW = 1_800_000_000

interface Written {
  readonly flags?: Readonly<Record<string, object>>
  readonly segments?: Readonly<Record<string, object>>
}

function items(clock = new VirtualClock(NOW * 1_000)) {
  const all = new FileItems(clock)
  return {
    clock,
    async read(content: Written, held: Readonly<Record<string, Flag>> = {}): Promise<FileRevision> {
      const file = parseFlagFile(JSON.stringify(content), 'flags.json')
      const revision = await all.next(file, (kind, key) => held[`${kind}/${key}`])
      all.commit(revision)
      return revision
    },
  }
}

const versions = ({ changes }: FileRevision): unknown[] =>
  changes.map(({ op, kind, key, version }) => [op, kind, key, version])

it('(FS2.1) the first content has the versions of the file, or 1', async () => {
  const first = await items().read({ flags: { a: { version: 7 }, b: {} }, segments: { a: {} } })
  expect(versions(first)).toEqual([
    ['put', 'flag', 'a', 7],
    ['put', 'flag', 'b', 1],
    ['put', 'segment', 'a', 1],
  ])
  expect(first.changes[0]).toMatchObject({ object: { version: 7 } })
})

it('(FS2.2) changed, new and deleted items receive the seconds since the Unix epoch, and grow within a second', async () => {
  const file = items()
  await file.read({ flags: { a: { version: 7 }, b: {}, c: {} } })
  expect(versions(await file.read({ flags: { a: { version: 8, on: true }, b: {}, d: {} } }))).toEqual([
    ['put', 'flag', 'a', NOW],
    ['put', 'flag', 'd', NOW],
    ['delete', 'flag', 'c', NOW],
  ])
  expect(versions(await file.read({ flags: { a: {}, b: {}, c: {} } }))).toEqual([
    ['put', 'flag', 'a', NOW + 1],
    ['put', 'flag', 'c', NOW + 1],
    ['delete', 'flag', 'd', NOW + 1],
  ])
  expect(versions(await file.read({ flags: { a: { version: 2 * NOW, on: true }, b: {}, c: {} } }))).toEqual([
    ['put', 'flag', 'a', 2 * NOW],
  ])
})

it('(FS2.3) the first content continues the versions of stored items', async () => {
  const stored = await items().read({ flags: { same: { version: 40 }, other: { version: 50 } } })
  const held = Object.fromEntries(
    stored.changes.flatMap((change) =>
      change.op === 'put' ? [[`flag/${change.key}`, change.object as Flag]] : [],
    ),
  )
  const first = await items().read({ flags: { same: {}, other: { on: true }, new: {} } }, held)
  expect(versions(first)).toEqual([
    ['put', 'flag', 'same', 40],
    ['put', 'flag', 'other', NOW],
    ['put', 'flag', 'new', 1],
  ])
})

it('(FS3.1) the name depends on each value, but not on versions and on the order of items and members', async () => {
  const contentOf = async (content: Written): Promise<string> => (await items().read(content)).content
  const flags = { a: { variations: [{ x: 1, y: [1, 2] }] }, b: {} }
  const name = await contentOf({ flags })
  expect(await contentOf({ flags: { b: { version: 3 }, a: { variations: [{ y: [1, 2], x: 1 }] } } })).toBe(
    name,
  )
  const others = [
    { flags: { ...flags, a: { variations: [{ x: 1, y: [2, 1] }] } } },
    { flags: { ...flags, a: { variations: [{ x: '1', y: [1, 2] }] } } },
    { flags: { ...flags, a: { variations: [[['x', 1]]] } } },
    { flags: { a: flags.a } },
    { flags: { a: flags.a, c: {} } },
    { flags: { a: flags.a }, segments: { b: {} } },
  ]
  const names = await Promise.all(others.map(contentOf))
  expect(new Set([name, ...names]).size).toBe(others.length + 1)
})
