import { afterAll, expect, inject } from 'vitest'
import { ENTRIES } from './entries.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly packageForm: 'modules' | 'commonjs'
  }
}

const { halyardLoadedFiles } = globalThis as unknown as { readonly halyardLoadedFiles: ReadonlySet<string> }

// Proves that the tests of this file ran on the built package, in this form only.
afterAll(() => {
  const form = inject('packageForm')
  const built = [...halyardLoadedFiles].filter((path) => path.startsWith('dist/'))
  expect(built.some((path) => ENTRIES.some((entry) => entry.built[form] === path))).toBe(true)
  expect(built.filter((path) => path.endsWith('.cjs') !== (form === 'commonjs'))).toEqual([])
  expect([...halyardLoadedFiles]).not.toContain('src/index.ts')
})
