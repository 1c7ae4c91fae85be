import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FDV1_PATHS, readAll, readChange } from '../../src/protocol/fdv1.ts'

const object = { key: 'a', version: 3 }

describe('the words of FDv1', () => {
  it('are requested at /sdk/latest-all and /all', () => {
    expect(FDV1_PATHS).toEqual({ poll: '/sdk/latest-all', stream: '/all' })
  })

  it.each<[path: string, target: object | undefined]>([
    ['/flags/a', { kind: 'flag', key: 'a' }],
    ['/segments/a', { kind: 'segment', key: 'a' }],
    ['/flags/', { kind: 'flag', key: '' }],
    ['/flags//', { kind: 'flag', key: '/' }],
    ['/flags/a/b/c', { kind: 'flag', key: 'a/b/c' }],
    ['/flags/a\nb', { kind: 'flag', key: 'a\nb' }],
    ['/segments/__proto__', { kind: 'segment', key: '__proto__' }],
    ['/flags/flags/a', { kind: 'flag', key: 'flags/a' }],
    ['/flags', undefined],
    ['flags/a', undefined],
    ['/', undefined],
    ['', undefined],
    ['/FLAGS/a', undefined],
    ['/flag/a', undefined],
    ['/__proto__/a', undefined],
    ['/constructor/name', undefined],
  ])('the path %j names %o', (path, target) => {
    expect(readChange('patch', { path, data: object })).toEqual(
      target && { op: 'put', version: 3, object, ...target },
    )
    expect(readChange('delete', { path, version: 4 })).toEqual(
      target && { op: 'delete', version: 4, ...target },
    )
  })

  it.each<[event: 'patch' | 'delete', data: unknown, about: string]>([
    ['patch', null, 'data is not an object'],
    ['patch', [], 'data is not an object'],
    ['patch', 'text', 'data is not an object'],
    ['patch', {}, 'no path'],
    ['patch', { path: 7, data: object }, 'no path'],
    ['patch', { path: '/flags/a', data: null }, 'data is not an object'],
    ['patch', { path: '/flags/a', data: [] }, 'data is not an object'],
    ['delete', { path: '/flags/a' }, 'version is not a number'],
    ['delete', { path: '/flags/a', version: '4' }, 'version is not a number'],
    ['delete', { version: 4 }, 'no path'],
  ])('(D13) %s with %j is malformed: %s', (event, data, about) => {
    expect(readChange(event, data)).toEqual({ malformed: expect.stringContaining(about) as string })
  })

  it('(D11) the version is the one inside the object, 1 where it has none', () => {
    const versions = [{ version: 9 }, {}, { version: '9' }, { version: null }, { version: 0 }]
    expect(
      versions.map((data) => readChange('patch', { path: '/flags/a', version: 77, data })),
    ).toMatchObject([{ version: 9 }, { version: 1 }, { version: 1 }, { version: 1 }, { version: 0 }])
  })

  it('(D12) is never given a selector, whatever it holds', () => {
    const all = readAll({ flags: { a: object }, segments: {}, state: 's1', selector: 's1', version: 7 })
    expect(structuredClone(all)).toStrictEqual({
      type: 'full',
      changes: [{ op: 'put', kind: 'flag', key: 'a', version: 3, object }],
    })
  })

  it('(D21) every key that is text is held under exactly that key', () => {
    const property = fc.property(fc.uniqueArray(fc.string({ unit: 'binary' })), (keys) => {
      const members = keys.map((key) => `${JSON.stringify(key)}:{"version":2}`).join(',')
      const all = readAll(JSON.parse(`{"flags":{${members}},"segments":{}}`))
      const read = 'malformed' in all ? [] : all.changes.map(({ key }) => key)
      expect(read.toSorted()).toEqual(keys.toSorted())
    })
    fc.assert(property)
  })
})
