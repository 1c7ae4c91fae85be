import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ADDRESSES, STORES, storeModuleOf } from '../../src/store/registry.ts'

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly exports: Readonly<Record<string, unknown>>
}

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest

it.each(STORES)('describes $type completely', (store) => {
  const { type, peer, section } = store
  expect(storeModuleOf({ type })).toBe(store)
  expect(manifest.exports).toHaveProperty([`./${type}`])
  expect(section.options.map(({ name }) => name)).toEqual(expect.arrayContaining(['enabled', 'localTtl']))
  for (const address of store.addresses) {
    expect(section.options.some(({ name }) => name === address)).toBe(true)
  }
  if (peer) {
    expect(manifest.peerDependencies).toHaveProperty([peer.name])
    expect(manifest.peerDependenciesMeta[peer.name]).toEqual({ optional: true })
  }
})

it('gives each URL scheme to one store', () => {
  const schemes = ADDRESSES.flatMap((address) => address.schemes)
  expect(new Set(schemes).size).toBe(schemes.length)
})
