import { expect, it } from 'vitest'
import { ConfigError, StoreError } from '../../src/model/errors.ts'
import { type Peer, peerError, storePeerError } from '../../src/options/load-peer.ts'

const PEER: Peer = { root: 'someStore', name: 'peer', alternative: 'pass `client`' }

const BUNDLE =
  'for a bundle: install it before bundling, or mark it as external and ship it beside the bundle, or pass `client`'

const missing = (message: string, code: string): Error => Object.assign(new Error(message), { code })

it.each([
  ['a module', missing("Cannot find package 'peer' imported from /app/index.js", 'ERR_MODULE_NOT_FOUND')],
  [
    'a bundle in CommonJS',
    missing("Cannot find module 'peer'\nRequire stack:\n- /app/index.js", 'MODULE_NOT_FOUND'),
  ],
])(
  '(S132, S70, S75, S109) a missing package is named, with what to install and how to bundle it: %s',
  (_, cause) => {
    expect(peerError(PEER, cause)).toEqual(
      new ConfigError([
        {
          path: 'someStore',
          expected: `the package peer to be installed (npm install peer; ${BUNDLE})`,
          received: 'no such package',
        },
      ]),
    )
    expect(String(peerError({ ...PEER, install: 'peer@6' }, cause))).toContain('(npm install peer@6;')
  },
)

it('(S132) distinguishes a package that cannot call require in a bundle from a missing one', () => {
  const cause = new Error('Dynamic require of "events" is not supported')
  expect(String(peerError(PEER, cause))).toMatch(/the package peer, which is CommonJS.*banner.*of "events"/)
})

it('(S132) returns a failure inside of the package unchanged', () => {
  const inside = missing("Cannot find module '@smithy/core'", 'MODULE_NOT_FOUND')
  expect(peerError(PEER, inside)).toBe(inside)
  const broken = new Error('broken')
  expect(peerError(PEER, broken)).toBe(broken)
  expect(storePeerError(PEER, broken)).toBe(broken)
})

it('(S132) returns a StoreError with the same text for a store', () => {
  const error = storePeerError(PEER, missing("Cannot find package 'peer'", 'ERR_MODULE_NOT_FOUND'))
  expect(error).toBeInstanceOf(StoreError)
  expect(error).toMatchObject({ kind: 'missing_package' })
  expect(String(error)).toContain('someStore: expected the package peer to be installed (npm install peer;')
})
