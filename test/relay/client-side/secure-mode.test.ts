import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSecureHash } from '../../../src/relay/client-side/secure-mode.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { constant } from '../../support/stored.ts'
import { ask, keyed } from '../starting.ts'
import { base64, ENV_ID } from './starting.ts'
import { FOR_ALL, mobile, startForClients, USER } from './starting-clients.ts'

const hashOf = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('hex')

describe('isSecureHash', () => {
  it('(CS4.1) accepts only lower-case hexadecimal digits', () => {
    const input = { canonicalKey: 'u-1', config: { sdkKey: 'sdk-1' }, now: 0 }
    const hash = hashOf('u-1', 'sdk-1')
    expect(isSecureHash(hash, input)).toBe(true)
    for (const wrong of ['', hash.toUpperCase(), hash.slice(1), `${hash}0`, hashOf('u-2', 'sdk-1')]) {
      expect(isSecureHash(wrong, input)).toBe(false)
    }
  })

  it('(CS4.2) accepts each SDK key until it expires', () => {
    const config = { sdkKey: 'sdk-1', moreSdkKeys: [{ value: 'sdk-2', until: 1_000 }, { value: 'sdk-3' }] }
    const accepted = (key: string, now: number): boolean =>
      isSecureHash(hashOf('u-1', key), { canonicalKey: 'u-1', config, now })
    expect(['sdk-1', 'sdk-2', 'sdk-3', 'sdk-4'].map((key) => accepted(key, 999))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect(accepted('sdk-2', 1_000)).toBe(false)
  })
})

describe('secure mode of a relay', () => {
  it('(CS4.1, CS4.3) requires the hash of the canonical key from browsers only', async () => {
    const flags = { a: constant('a', 1, 'a', FOR_ALL) }
    const { relay } = await startForClients({ flags }, { environment: { secureMode: true } })
    const contexts = [
      [USER, 'u-1'],
      [{ kind: 'multi', org: { key: 'o:1' }, user: { key: 'u-1' } }, 'org:o%3A1:user:u-1'],
    ] as const
    for (const [context, canonicalKey] of contexts) {
      const path = `/sdk/evalx/${ENV_ID}/contexts/${base64(context)}`
      // Before and after the answer is in the cache.
      for (let round = 0; round < 2; round++) {
        expect(await ask(relay, path)).toMatchObject({
          status: 400,
          body: { message: expect.stringContaining('secure mode') },
        })
        expect((await ask(relay, `${path}?h=${hashOf('another', SDK_KEY)}`)).status).toBe(400)
        expect((await ask(relay, `${path}?h=${hashOf(canonicalKey, SDK_KEY)}`)).status).toBe(200)
      }
      const poll = `/sdk/poll/eval/${base64(context)}?auth=${ENV_ID}`
      expect((await ask(relay, poll)).status).toBe(400)
      expect((await ask(relay, `${poll}&h=${hashOf(canonicalKey, SDK_KEY)}`)).status).toBe(200)
      expect((await ask(relay, `/msdk/evalx/contexts/${base64(context)}`, mobile)).status).toBe(200)
      expect((await ask(relay, `/sdk/evalx/contexts/${base64(context)}`, keyed)).status).toBe(200)
    }
  })
})
