import { expect, it } from 'vitest'
import { ConfigError } from '../../../src/model/errors.ts'
import { loadPeer } from '../../../src/store/options/load-peer.ts'

const missing = (name: string): Error =>
  Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })

const load = (error: Error, install?: string) => () =>
  loadPeer({ root: 'someStore', name: 'peer', ...(install && { install }) }, () => {
    throw error
  })

it('what is installed is loaded', () => {
  expect(loadPeer({ root: 'someStore', name: 'zod' })).toHaveProperty('z')
})

it('where a package is missing its store says what to install (S70, S75)', () => {
  expect(load(missing('peer'))).toThrow(ConfigError)
  expect(load(missing('peer'))).toThrow(
    'someStore: expected the package peer to be installed (npm install peer), received no such package',
  )
  expect(load(missing('peer'), 'peer@6')).toThrow('(npm install peer@6)')
})

it('what fails inside the package is not mistaken for that (S70, S75)', () => {
  expect(load(missing('@smithy/core'))).not.toThrow(ConfigError)
  expect(load(missing('@smithy/core'))).toThrow('@smithy/core')
  expect(load(new Error('broken'))).toThrow('broken')
})
