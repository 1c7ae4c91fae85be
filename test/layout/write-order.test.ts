import fc from 'fast-check'
import { expect, it } from 'vitest'
import { changesInWriteOrder, encodeItem, inWriteOrder } from '../../src/layout/row.ts'
import type { Change } from '../../src/model/change-set.ts'

const flag = (key: string, ...prerequisites: readonly string[]) =>
  encodeItem('flag', {
    key,
    version: 1,
    object: { key, version: 1, prerequisites: prerequisites.map((name) => ({ key: name, variation: 0 })) },
  })
const keys = (rows: readonly { readonly key: string }[]): string[] => rows.map(({ key }) => key)

it('D15.11: orders segments first, and prerequisites before their dependents', () => {
  const segment = encodeItem('segment', { key: 's', version: 1, object: { key: 's', version: 1 } })
  expect(
    keys(inWriteOrder([flag('a', 'b', 'c'), segment, flag('c', 'd'), flag('b', 'd'), flag('d')])),
  ).toEqual(['s', 'd', 'c', 'b', 'a'])
})

it('D15: keeps all rows if there is a cycle, a missing prerequisite or a row that is not JSON', () => {
  const broken = { kind: 'flag', key: 'x', version: 1, text: '{"prerequisites":' } as const
  const ordered = inWriteOrder([flag('a', 'b'), flag('b', 'a'), flag('c', 'c', 'gone'), broken])
  expect(keys(ordered).toSorted()).toEqual(['a', 'b', 'c', 'x'])
})

it('D15: orders a chain of 20,000 flags', () => {
  const chain = Array.from({ length: 20_000 }, (_, index) => flag(`f${index}`, `f${index + 1}`))
  expect(keys(inWriteOrder(chain))[0]).toBe('f19999')
})

it('D15.11: orders every prerequisite before its dependents in any acyclic graph', () => {
  const graph = fc.array(fc.uniqueArray(fc.nat(30)), { maxLength: 30 })
  fc.assert(
    fc.property(graph, (edges) => {
      const rows = edges.map((targets, from) =>
        flag(String(from), ...targets.filter((to) => to > from).map(String)),
      )
      const ordered = keys(inWriteOrder(rows))
      expect(ordered.toSorted()).toEqual(keys(rows).toSorted())
      edges.forEach((targets, from) => {
        for (const to of targets) {
          if (to > from && to < rows.length)
            expect(ordered.indexOf(String(to))).toBeLessThan(ordered.indexOf(String(from)))
        }
      })
    }),
  )
})

it('D15: orders changes like their rows, and ignores malformed prerequisites', () => {
  const rows = [flag('a', 'b', 'c'), flag('c', 'd'), flag('b', 'd'), flag('d')]
  const changes = rows.map(({ key, version, text }) => ({
    op: 'put' as const,
    kind: 'flag' as const,
    key,
    version,
    object: JSON.parse(text) as object,
  }))
  const gone = { op: 'delete', kind: 'flag', key: 'gone', version: 1 } as const
  const segment = { op: 'put', kind: 'segment', key: 's', version: 1, object: { version: 1 } } as const
  const prerequisites = [null, 1, 'b', { key: 1 }, { key: { toString: 1, valueOf: 1 } }, {}]
  const odd = { ...segment, kind: 'flag', key: 'odd', object: { prerequisites } } as unknown as Change
  expect(keys(changesInWriteOrder([...changes, gone, odd, segment]))).toEqual([
    's',
    ...keys(inWriteOrder(rows)),
    'gone',
    'odd',
  ])
})
