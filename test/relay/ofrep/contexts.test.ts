import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SDK_KEY } from '../../support/engine.ts'
import { constant } from '../../support/stored.ts'
import { ENV_ID, ENVIRONMENT, MOBILE_KEY } from '../client-side/starting.ts'
import { FOR_ALL, startForClients } from '../client-side/starting-clients.ts'
import { ALL, askOfrep, flagsOf, KEYED } from './asking.ts'

const by = (attribute: string, value: unknown): object => ({
  ...FOR_ALL,
  variations: [false, true],
  rules: [{ variation: 1, clauses: [{ attribute, op: 'in', values: [value], contextKind: 'user' }] }],
})

const FLAGS = {
  admin: constant('admin', 1, 0, by('role', 'admin')),
  bob: constant('bob', 1, 0, by('key', 'bob')),
}

const hashOf = (canonicalKey: string): string =>
  createHmac('sha256', SDK_KEY).update(canonicalKey).digest('hex')

describe('secure mode', () => {
  it('(RO3.3) needs the hash of a context with a client-side ID only', async () => {
    const { relay } = await startForClients({ flags: FLAGS }, { environment: { secureMode: true } })
    const browser = { 'x-api-key': ENV_ID }
    const hash = hashOf('u')
    for (const path of [ALL, `${ALL}/bob`]) {
      const ask = async (headers: Record<string, string>, query = ''): Promise<number> =>
        (await askOfrep(relay, { path: path + query, headers })).status
      expect(await ask({ ...browser, 'x-secure-mode-hash': hash })).toBe(200)
      expect(await ask(browser, `?h=${hash}`)).toBe(200)
      expect(await ask(browser)).toBe(403)
      expect(await ask(browser, `?h=${hashOf('bob')}`)).toBe(403)
      expect(await ask({ 'x-api-key': MOBILE_KEY })).toBe(200)
      expect(await ask(KEYED)).toBe(200)
      // The answer is in the cache now.
      expect(await ask(browser)).toBe(403)
    }
    const { body } = await askOfrep(relay, { headers: browser, path: `${ALL}/bob` })
    expect(body).toMatchObject({ key: 'bob', errorCode: 'GENERAL' })
    expect(body.errorDetails).toMatch(/secure mode/)
  })
})

const TRUSTED = { 'x-flag-context': JSON.stringify({ targetingKey: 'bob', role: 'user' }) }

describe('the option ofrepContextHeader', () => {
  it('(RO4.1) is off by default', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const flags = flagsOf(await askOfrep(relay, { headers: { ...KEYED, ...TRUSTED } }))
    expect(flags.bob.value).toBe(false)
  })

  it('(RO4.2, RO4.3) takes the members of the header before those of the body', async () => {
    const { relay } = await startForClients({ flags: FLAGS }, { ofrepContextHeader: 'X-Flag-Context' })
    const headers = { ...KEYED, ...TRUSTED }
    const context = { kind: 'user', targetingKey: 'mallory', role: 'admin' }
    for (const body of [JSON.stringify({ context }), '{}']) {
      const flags = flagsOf(await askOfrep(relay, { headers, body }))
      expect([flags.bob.value, flags.admin.value]).toEqual([true, false])
      const single = await askOfrep(relay, { headers, body, path: `${ALL}/admin` })
      expect(single.body.value).toBe(false)
    }
    expect(flagsOf(await askOfrep(relay, { context })).admin.value).toBe(true)
    // Requests with the same body have different answers.
    expect(flagsOf(await askOfrep(relay, { context, headers })).admin.value).toBe(false)
  })

  it('(RO4.3) answers 400 to a header that cannot be read, also if it is repeated', async () => {
    const { relay } = await startForClients({ flags: FLAGS }, { ofrepContextHeader: 'X-Flag-Context' })
    const value = TRUSTED['x-flag-context']
    for (const header of ['nonsense', [value, value]]) {
      const answer = await askOfrep(relay, { headers: { ...KEYED, 'x-flag-context': header } })
      expect([answer.status, answer.body.errorCode]).toEqual([400, 'INVALID_CONTEXT'])
    }
  })

  it('(RO3.3) is checked by secure mode', async () => {
    const { relay } = await startForClients(
      { flags: FLAGS },
      { ofrepContextHeader: 'X-Flag-Context', environment: { ...ENVIRONMENT, secureMode: true } },
    )
    const headers = { 'x-api-key': ENV_ID, ...TRUSTED }
    const status = async (canonicalKey: string): Promise<number> =>
      (await askOfrep(relay, { headers, path: `${ALL}?h=${hashOf(canonicalKey)}` })).status
    expect([await status('bob'), await status('u')]).toEqual([200, 403])
  })
})

describe('flags that need more than data', () => {
  it('(RO1.6) patterns are loaded, and big segments without a store are not configured', async () => {
    const clause = (members: object): object => ({
      rules: [{ variation: 1, clauses: [{ attribute: 'key', ...members }] }],
      variations: [false, true],
    })
    const flags = {
      pattern: constant('pattern', 1, false, clause({ op: 'matches', values: ['^u$'] })),
      big: constant('big', 1, false, clause({ op: 'segmentMatch', values: ['big'] })),
    }
    const segments = { big: { key: 'big', version: 1, unbounded: true, generation: 1 } }
    const { relay } = await startForClients({ flags, segments })
    expect((await askOfrep(relay, { path: `${ALL}/pattern` })).body.value).toBe(true)
    expect((await askOfrep(relay, { path: `${ALL}/big` })).body).toMatchObject({
      value: false,
      metadata: { bigSegmentsStatus: 'NOT_CONFIGURED' },
    })
    expect(flagsOf(await askOfrep(relay))).toMatchObject({ pattern: { value: true }, big: { value: false } })
  })
})
