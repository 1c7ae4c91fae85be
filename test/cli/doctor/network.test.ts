import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { checkOrigin } from '../../../src/cli/doctor/check-origin.ts'
import { undiciTransport } from '../../../src/transport/undici-transport.ts'
import { CA, certificate, certificatePath } from '../../support/certificates.ts'
import { bytes, type Origin, startOrigin } from '../../support/origin.ts'
import { startProxy } from '../../support/proxy.ts'
import { running } from '../running.ts'
import { checkupWith, doctoring, listed } from './doctoring.ts'

const CA_FILE = certificatePath('ca.cert.pem')

async function startTls(
  name: Parameters<typeof certificate>[0],
  headers: Readonly<Record<string, string>> = {},
): Promise<Origin> {
  const origin = await startOrigin({ tls: certificate(name) })
  origin.others.always(bytes(200, headers, 'hello'))
  return origin
}

async function refusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('halyard doctor on the way to a service', () => {
  it('(DO2.1) checks an origin once for all its endpoints', async () => {
    const { url, received } = await startTls('leaf')
    const { status, checks, verdicts } = await doctoring(['--url', url, '--ca', CA_FILE])
    const seen = ['proxy ok', 'dns ok', 'tcp ok', 'tls ok', 'http ok', 'clock ok']
    expect(verdicts.slice(0, 7)).toEqual(['runtime ok', ...seen])
    expect(checks[1]?.subject).toBe(`${url} (streaming, polling, events)`)
    expect(received).toHaveLength(1)
    expect(status).toBe(0)
  })

  it('(DO2.1) checks each of several origins', async () => {
    const [polling, streaming] = [await startTls('leaf'), await startTls('leaf')]
    const args = ['--polling', polling.url, '--streaming', streaming.url, '--ca', CA_FILE]
    const { checks } = await doctoring(args)
    expect([...new Set(checks.map(({ subject }) => subject))]).toEqual([
      undefined,
      `${streaming.url} (streaming)`,
      `${polling.url} (polling)`,
      'SDK key',
    ])
  })

  it('(DO1.3, DO2.1) names a port at which no server listens, and skips what needs it', async () => {
    const port = await refusedPort()
    const { status, of, verdicts } = await doctoring(['--url', `https://127.0.0.1:${port}`])
    expect(of('tcp')).toMatchObject({
      verdict: 'failed',
      seen: `127.0.0.1:${port} refuses the connection (ECONNREFUSED)`,
      remedy: 'Check host and port, and that the server runs.',
    })
    expect(verdicts).toEqual(expect.arrayContaining(['tls skipped', 'http skipped', 'clock skipped']))
    expect(of('tls').seen).toBe('needs TCP, which failed')
    expect(status).toBe(1)
  })

  it('(DO2.1) names a host that cannot be resolved', async () => {
    const { of, status } = await doctoring(['--url', 'http://flags.invalid:8030'])
    expect(of('dns')).toMatchObject({
      verdict: 'failed',
      seen: expect.stringMatching(/^flags\.invalid cannot be resolved \((ENOTFOUND|EAI_AGAIN)\)$/),
      remedy: expect.stringContaining('DNS server'),
    })
    expect(status).toBe(1)
  })

  it('(DO2.1) names a server that does not speak TLS', async () => {
    const plain = await startOrigin()
    const { of } = await doctoring(['--url', plain.url.replace('http:', 'https:')])
    expect(of('tls')).toMatchObject({ verdict: 'failed', remedy: expect.stringContaining('http://') })
  })

  it.each([
    ['self-signed', [], 'DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['leaf', [], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.ca'],
    ['expired', ['--ca', CA_FILE], 'CERT_HAS_EXPIRED', 'Renew the certificate'],
    ['future', ['--ca', CA_FILE], 'CERT_NOT_YET_VALID', 'Correct the clock'],
    ['wrong-host', ['--ca', CA_FILE], 'ERR_TLS_CERT_ALTNAME_INVALID', 'host name'],
  ] as const)('(DO2.3) names the fault of the certificate %s', async (name, args, code, remedy) => {
    const { url, received } = await startTls(name)
    const { of, status } = await doctoring(['--url', url, ...args])
    expect(of('tls')).toMatchObject({
      verdict: 'failed',
      seen: expect.stringMatching(
        new RegExp(`\\(${code}\\): .+, issued by .+, valid from \\d{4}-.* to \\d{4}-`),
      ),
      remedy: expect.stringContaining(remedy),
      facts: {
        code,
        chain: expect.arrayContaining([expect.objectContaining({ subject: expect.any(String) })]),
      },
    })
    expect([status, received]).toEqual([1, []])
  })

  it('(DO2.3) names the authorities that the certificate is trusted by', async () => {
    const { url } = await startTls('leaf')
    const { of } = await doctoring(['--url', url, '--ca', CA_FILE])
    expect(of('tls').seen).toMatch(
      new RegExp(`^TLSv1\\.3, .*, issued by .*, until \\d{4}-\\d\\d-\\d\\d, trusted by ${CA_FILE}$`),
    )
  })

  it('(DO2.4) warns of a certificate that expires soon', async () => {
    const origin = await startTls('leaf')
    const validTo = Date.parse(new X509Certificate(certificate('leaf').cert).validTo)
    const before = (days: number) => ({ ...systemClock, now: () => validTo - days * 86_400_000 })
    const judged = async (days: number) => {
      const checkup = checkupWith(before(days))
      const tls = { ca: CA }
      const transport = undiciTransport({ tls, proxy: 'none' })
      onTestFinished(() => transport.close())
      const proxy = { finding: { verdict: 'ok', seen: 'none' } } as const
      const url = new URL(origin.url)
      await checkOrigin({ url, proxy, tls, authorities: { files: [CA_FILE] }, transport }, checkup)
      return listed(checkup.results).of('tls')
    }
    expect((await judged(15)).verdict).toBe('ok')
    expect(await judged(13.5)).toMatchObject({
      verdict: 'warning',
      remedy: expect.stringMatching(/^Renew the certificate of .*: it expires in 13 days\.$/),
    })
  })

  it.each([
    [0, 'ok', 'agrees with the server within 5 s'],
    [60, 'warning', 'this machine is 60 s behind the server'],
    [-90, 'warning', 'this machine is 90 s ahead of the server'],
    [3 * 3_600, 'failed', 'this machine is 3 h behind the server'],
  ] as const)(
    '(DO2.5) compares the clock with the header Date of a server %i s ahead',
    async (s, verdict, seen) => {
      const origin = await startOrigin()
      origin.others.always((_, response) =>
        response.writeHead(200, { date: new Date(systemClock.now() + s * 1_000).toUTCString() }).end(),
      )
      const { of } = await doctoring(['--url', origin.url])
      const { verdict: found, seen: text } = of('clock')
      // The header has no fractions of a second.
      expect([found, text.replace(/(59|61) s/, '60 s').replace(/(89|91) s/, '90 s')]).toEqual([verdict, seen])
    },
  )
})

describe('halyard doctor with a proxy', () => {
  it('(DO2.2, DO1.7) opens a tunnel through the proxy of the variables, and hides its password', async () => {
    const { url } = await startTls('leaf')
    const proxy = await startProxy({
      authorization: `Basic ${Buffer.from('me:s3cret word').toString('base64')}`,
    })
    const withLogin = proxy.url.replace('//', '//me:s3cret%20word@')
    const { verdicts, of, checks } = await doctoring(['--url', url, '--ca', CA_FILE], {
      HTTPS_PROXY: withLogin,
    })
    expect(verdicts.slice(1, 8)).toEqual(
      ['proxy', 'dns', 'tcp', 'tunnel', 'tls', 'http', 'clock'].map((id) => `${id} ok`),
    )
    expect(of('proxy').seen).toBe(`${proxy.url} (HTTPS_PROXY, with user and password)`)
    expect(of('tcp').seen).toBe(`connected to ${new URL(proxy.url).host}`)
    expect(JSON.stringify(checks)).not.toMatch(/s3cret|me:/)
  })

  it('(DO2.2) names a proxy that wants a user and a password', async () => {
    const { url } = await startTls('leaf')
    const proxy = await startProxy({ authorization: 'Basic x' })
    const { of, status } = await doctoring(['--url', url, '--proxy', proxy.url])
    expect(of('tunnel')).toMatchObject({
      verdict: 'failed',
      seen: `the proxy answered 407 to a request for ${new URL(url).host}`,
      remedy: expect.stringContaining('user and password'),
    })
    expect([of('tls').seen, status]).toEqual(['needs tunnel, which failed', 1])
    const plain = await startOrigin()
    const forwarded = await doctoring(['--url', plain.url], { HTTP_PROXY: proxy.url })
    expect(forwarded.of('http')).toMatchObject({ verdict: 'failed', seen: expect.stringContaining('407') })
  })

  it('(DO2.2) applies NO_PROXY, the option and "none"', async () => {
    const origin = await startOrigin()
    origin.others.always(bytes(404, {}, ''))
    const env = { HTTP_PROXY: 'http://proxy.invalid:3128', NO_PROXY: '127.0.0.0/8' }
    const seen = async (args: readonly string[], variables: NodeJS.ProcessEnv) =>
      (await doctoring(['--url', origin.url, ...args], variables)).of('proxy').seen
    expect(await seen([], env)).toBe('none (NO_PROXY exempts 127.0.0.1)')
    expect(await seen(['--proxy', 'none'], { HTTP_PROXY: env.HTTP_PROXY })).toBe('none (--proxy)')
    expect(await seen([], { HTTPS_PROXY: 'http://proxy.invalid' })).toBe('none (only HTTPS_PROXY is set)')
    expect(await seen([], {})).toBe('none (no variable is set)')
    const { of, verdicts } = await doctoring(['--url', origin.url], { HTTP_PROXY: 'ftp://x:hunter2@y' })
    expect(of('proxy').verdict).toBe('failed')
    expect(verdicts).toContain('dns skipped')
  })
})

describe('halyard doctor', () => {
  it('(DO1.4) fails a check that does not end in time', async () => {
    const silent = await startOrigin()
    silent.others.always(() => {})
    const { of, status } = await doctoring(['--url', silent.url, '--timeout', '1s'])
    expect([of('http').verdict, of('http').seen, status]).toEqual(['failed', 'no answer in 1 s', 1])
  })

  it.each([
    [['--timeout', '5'], '--timeout needs a duration'],
    [['--url', 'ftp://x'], '--url: expected an http or https URL'],
    [['--url', 'http://user:hunter2@h'], 'without a user and password'],
    [['--prefix', 'x'], '--prefix needs --store'],
    [['--store', 'mysql://x'], 'unknown store mysql://'],
    [['--proxy', 'socks5://x'], '--proxy needs "none"'],
    [['--ca', '/nowhere/ca.pem'], '--ca: '],
    [['--config', 'x.conf', '--url', 'http://x'], '--config and --url do not go together'],
    [['http://x'], 'doctor takes no arguments; use --url'],
    [['redis://user:hunter2@h'], 'doctor takes no arguments; use --url for a service, and --store'],
  ])('(DO1.5) exits with 2 for a wrong command line: %j', async (args, message) => {
    const { status, stderr } = await running(['doctor', ...args])
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).not.toContain('hunter2')
  })
})
