import { describe, expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { holding, serve, serving, start, user } from './starting.ts'

describe('(S47) a pattern that is refused', () => {
  const refused = '(secret)\\1'
  const clause = { attribute: 'email', op: 'matches', values: ['^ok$', refused] }
  const rules = [{ variation: 0, clauses: [clause] }]
  const warning = (key: string): string =>
    `warn: flag "${key}" depends on the pattern "(secret)\\\\1", which is refused and never matches: ` +
    'it has a back-reference or an octal escape'
  const who = { ...user, email: 'who@example.com' }

  it('is logged once for each flag, with the reason, for every method', async () => {
    const { client, log } = await holding([
      { ...serving('own', true), rules },
      { ...serving('after', true), prerequisites: [{ key: 'own', variation: 0 }] },
      serving('plain', true),
    ])
    for (let time = 0; time < 3; time++) {
      expect(client.sync.boolVariation('own', { ...user, email: `${time}@example.com` }, false)).toBe(true)
      expect(await client.boolVariation('after', who, false)).toBe(true)
      client.sync.boolVariation('plain', who, false)
      await client.allFlagsState(who)
    }
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([warning('own'), warning('after')])
    expect(log.join()).not.toContain('example.com')
  })

  it('is logged if it is in a segment, and for allFlagsState', async () => {
    const segment = { key: 's', version: 1, rules: [{ clauses: [clause] }] }
    const flag = {
      ...serving('member', true),
      version: 1,
      rules: [{ variation: 0, clauses: [{ op: 'segmentMatch', values: ['s'] }] }],
    }
    const { url } = await serve({ flags: { member: flag }, segments: { s: segment } })
    const { client, log } = start({
      dataSystem: presets.default(),
      endpoints: { polling: url, streaming: url },
    })
    await client.waitForInitialization({ timeoutMs: 60_000 })
    const state = await client.allFlagsState(who)
    expect(state.allValues()).toEqual({ member: true })
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([warning('member')])
  })

  it('is not logged before the first match, and does not appear in results', async () => {
    const { client, log } = await holding([{ ...serving('own', true), rules }])
    client.sync.boolVariation('own', user, false)
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
    expect(client.sync.boolVariationDetail('own', who, false)).toEqual({
      value: true,
      variationIndex: 0,
      reason: { kind: 'FALLTHROUGH' },
    })
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([warning('own')])
  })

  it('is shortened in the log if it is long, and cannot add a line break', async () => {
    const values = [`\n${'a'.repeat(20_000)}`]
    const long = [{ variation: 0, clauses: [{ ...clause, values }] }]
    const { client, log } = await holding([{ ...serving('long', true), rules: long }])
    client.sync.boolVariation('long', who, false)
    const [received = ''] = log.filter((line) => line.startsWith('warn'))
    expect(received).toMatch(
      /^warn: flag "long" depends on the pattern "\\na+…".*longer than 20000 characters$/,
    )
    expect(received.length).toBeLessThan(300)
  })
})
