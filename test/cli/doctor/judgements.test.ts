import type { PeerCertificate } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { judgeChain } from '../../../src/cli/doctor/certificate-chain.ts'
import { TITLES } from '../../../src/cli/doctor/checks.ts'
import { judgeClock } from '../../../src/cli/doctor/clock-difference.ts'
import { describeResults, resultsAsJson } from '../../../src/cli/doctor/print.ts'
import { PLAIN, styleOf } from '../../../src/cli/style.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const atMs = (ms: number): string => new Date(NOW + ms).toUTCString()

describe('the comparison of clocks', () => {
  const judged = (headers: Readonly<Record<string, string>>, roundTripMs = 0) =>
    judgeClock({ headers, receivedAt: NOW, roundTripMs })

  it('(DO2.5) adds the age of an answer that a cache kept', () => {
    expect(judged({ date: atMs(-600_000), age: '600' }).verdict).toBe('ok')
    expect(judged({ date: atMs(-600_000), age: 'old' }).verdict).toBe('failed')
  })

  it('(DO2.5) subtracts half of the round trip', () => {
    expect(judged({ date: atMs(-8_000) }, 0).verdict).toBe('warning')
    expect(judged({ date: atMs(-8_000) }, 10_000).verdict).toBe('ok')
  })

  it.each([
    // The fraction of the second that the header lacks counts as one half.
    [6_000, '7 s behind'],
    [-200_000, '3 min ahead of'],
    [86_400_000 * 30, '30 d behind'],
  ])('(DO2.5) states a difference of %i ms with a unit', (ms, text) => {
    expect(judged({ date: atMs(ms) }).seen).toBe(`this machine is ${text} the server`)
  })

  it.each([{}, { date: 'yesterday' }])('(DO2.5) is skipped without the header: %j', (headers) => {
    expect(judged(headers)).toMatchObject({ verdict: 'skipped' })
  })
})

describe('the chain of a certificate', () => {
  const leaf = (days: number, life = 90): PeerCertificate =>
    ({
      subject: { CN: 'leaf' },
      issuer: { CN: 'Company CA' },
      valid_from: atMs((days - life) * 86_400_000),
      valid_to: atMs(days * 86_400_000),
      raw: Buffer.of(1),
    }) as PeerCertificate
  const judged = (host: string, chain: readonly PeerCertificate[], code?: string) =>
    judgeChain(
      { host, protocol: 'TLSv1.3', chain, refusal: code === undefined ? undefined : { code, reason: 'bad' } },
      'of Node.js',
      NOW,
    )

  it('(DO2.3) names interception if the hosted service has a certificate of another authority', () => {
    const { remedy } = judged('stream.launchdarkly.com', [leaf(60)], 'SELF_SIGNED_CERT_IN_CHAIN')
    expect(remedy).toMatch(
      /^Company CA is not an authority of LaunchDarkly: .* intercept TLS.*NODE_EXTRA_CA_CERTS/,
    )
    expect(judged('relay.internal', [leaf(60)], 'SELF_SIGNED_CERT_IN_CHAIN').remedy).not.toMatch(/intercept/)
  })

  it('(DO2.4) warns late of a certificate with a short life', () => {
    expect(judged('h', [leaf(13)]).verdict).toBe('warning')
    expect(judged('h', [leaf(3, 6)]).verdict).toBe('ok')
    expect(judged('h', [leaf(1, 6)]).verdict).toBe('warning')
  })

  it('(DO2.4) warns of an issuer that expires before the certificate', () => {
    const issuer = { ...leaf(5), subject: { ...leaf(5).subject, CN: 'Company CA' } }
    expect(judged('h', [leaf(80), issuer]).remedy).toMatch(/^Renew the certificate of Company CA for h/)
  })

  it('(DO2.4) counts a single day', () => {
    expect(judged('h', [leaf(1)]).remedy).toMatch(/it expires in 1 day\.$/)
  })

  it('(DO2.3) reports a server without a certificate', () => {
    expect(judged('h', []).verdict).toBe('failed')
  })
})

describe('a line', () => {
  const result = {
    id: 'dns',
    verdict: 'failed',
    seen: `\u001b[31m${'host '.repeat(30)}`,
    remedy: 'Do it.',
  } as const

  it('(DO1.1, DO1.9) is wrapped at 80 columns, without control characters of a server', () => {
    const text = describeResults([{ ...result, durationMs: 12 }], PLAIN)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(text).not.toContain('\u001b')
    expect(text).toMatch(/^failed {3}DNS {7}.*\n {19}host[\s\S]*\(12 ms\)\n {9}→ Do it\.$/)
  })

  it('(DO1.1) is shared by checks that are skipped for the same reason', () => {
    const skipped = (['tls', 'http'] as const).map(
      (id) => ({ id, verdict: 'skipped', seen: 'needs TCP, which failed' }) as const,
    )
    expect(describeResults(skipped, PLAIN)).toBe('skipped  TLS, HTTP: needs TCP, which failed')
  })

  it('(DO1.1) has a colour for its verdict on a terminal', () => {
    const style = styleOf({ env: {}, isTerminal: true })
    expect(describeResults([result], style)).toContain('\u001b[31mfailed')
  })

  it('(DO1.6) has no control characters of a server in JSON', () => {
    const facts = { subject: '\u009b31m' }
    const json = resultsAsJson([{ id: 'tls', verdict: 'ok', seen: 'seen', facts }])
    expect(json).not.toContain('\u009b')
    expect(JSON.parse(json)).toMatchObject({ checks: [{ facts }] })
  })

  it('(DO1.6) has a title for each name', () => {
    expect(Object.values(TITLES).every((title) => title.length < 10)).toBe(true)
  })
})
