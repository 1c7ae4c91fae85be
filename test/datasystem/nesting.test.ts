import { expect, it } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { decodeRow } from '../../src/layout/row.ts'
import { isTooDeep, MAX_NESTING, tooDeepAmong } from '../../src/model/nesting.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { Decoder } from '../../src/protocol/decoder.ts'
import { flag, full, gone, partial } from '../support/words.ts'

function nested(levels: number): unknown {
  const pairs = Math.floor(levels / 2)
  return JSON.parse(`${'[{"a":'.repeat(pairs)}1${'}]'.repeat(pairs)}`)
}

it('(S155) counts nested objects and arrays', () => {
  expect(isTooDeep(nested(MAX_NESTING))).toBe(false)
  expect(isTooDeep([nested(MAX_NESTING)])).toBe(true)
  expect(isTooDeep(nested(100_000))).toBe(true)
})

it('(S155) finds objects that are nested too deep, but not objects that are only large', () => {
  const wide = Array.from({ length: 2_000 }, () => [{ a: [] }])
  const changes = [
    flag('wide', 1, { variations: wide }),
    // The flag and its list of variations are two levels.
    flag('deepest', 1, { variations: [nested(MAX_NESTING - 2)] }),
    flag('too-deep', 1, { variations: [...wide, nested(MAX_NESTING)] }),
    gone('deleted'),
    flag('small', 1),
  ]
  expect(tooDeepAmong(changes).map(({ key }) => key)).toEqual(['too-deep'])
})

it('(S155) refuses one object and applies the rest of the payload', async () => {
  const errors: string[] = []
  const results: SourceResult[] = [
    full('A', flag('deep', 1), flag('other', 1)),
    partial('B', flag('deep', 2, { variations: [nested(8_000)] }), flag('other', 2)),
  ]
  const system = createDataSystem(
    'sdk-key',
    {
      initializers: [],
      synchronizers: [
        {
          name: 'custom',
          async *sync(_basis, signal) {
            yield* results
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
          },
        },
      ],
      fdv1Fallback: null,
    },
    { logger: { debug() {}, info() {}, warn() {}, error: (message) => errors.push(message) } },
  )
  await expect.poll(() => system.flag('other')?.version).toBe(2)
  expect(system.flag('deep')?.version).toBe(1)
  expect(system.selector?.state).toBe('B')
  expect(system.status.current).toMatchObject({
    state: 'valid',
    skipped: 1,
    lastError: { kind: 'invalid_data', key: 'deep', source: 'custom' },
  })
  expect(errors).toEqual([
    'custom: refused flag "deep": it is nested deeper than 500 levels; the rest of the payload is applied',
  ])
  await system.close()
})

it('(S155) refuses a patch and a row that are nested too deep', () => {
  const decoder = new Decoder(() => ({ key: 'a', version: 1 }))
  decoder.decode('server-intent', { payloads: [{ intentCode: 'xfer-changes' }] })
  const patch = [{ op: 'add', path: '/deep', value: nested(8_000) }]
  expect(decoder.decode('patch-object', { kind: 'flag', key: 'a', version: 2, patch })).toEqual({
    type: 'skipped',
    key: 'a',
    reason: 'it is nested deeper than 500 levels',
  })
  const text = `{"version":1,"deep":${'['.repeat(8_000)}${']'.repeat(8_000)}}`
  expect(decodeRow({ kind: 'flag', key: 'a', text })).toEqual({
    type: 'unreadable',
    reason: 'it is nested deeper than 500 levels',
  })
})
