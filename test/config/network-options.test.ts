import { readFileSync } from 'node:fs'
import { Agent } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectionOptions } from '../../src/config/config.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError, type ConfigIssue } from '../../src/model/errors.ts'
import { CA, certificate, certificatePath } from '../support/certificates.ts'
import { SDK_KEY, startEngine } from '../support/engine.ts'
import { body, full, LiveStream, put, startOrigin } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { recorder } from './recorder.ts'

const { cert, key } = certificate('client')
const locked = readFileSync(certificatePath('client-encrypted.key.pem'))

function issuesOf(options: unknown): readonly ConfigIssue[] {
  try {
    normalise('key', presets.default(), { ...(options as ConnectionOptions), logger: recorder().logger })
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
  return []
}

function warningsOf(options: ConnectionOptions): readonly string[] {
  const { warnings, logger } = recorder()
  normalise('key', presets.default(), { ...options, logger })
  return warnings
}

describe('wrong network options', () => {
  it.each<[what: string, options: unknown, path: string, expected: RegExp]>([
    ['the path of an authority', { tls: { ca: '/etc/ca.pem' } }, 'options.tls.ca', /PEM \(not the path/],
    ['an authority among others', { tls: { ca: [CA, 'x'] } }, 'options.tls.ca', /PEM/],
    ['the path of a key', { tls: { cert, key: 'key.pem' } }, 'options.tls.key', /PEM/],
    ['a certificate without a key', { tls: { cert } }, 'options.tls', /together/],
    ['a key without a certificate', { tls: { key } }, 'options.tls', /together/],
    ['a key of another certificate', { tls: { cert, key: certificate('leaf').key } }, 'options.tls', /fit/],
    ['a key that is locked', { tls: { cert, key: locked } }, 'options.tls', /can be read/],
    ['a wrong passphrase', { tls: { cert, key: locked, passphrase: 'guess' } }, 'options.tls', /can be read/],
    ['half a verification', { tls: { verify: 'sometimes' } }, 'options.tls.verify', /"always" or "never"/],
    ['a proxy in words', { proxy: 'please' }, 'options.proxy', /"environment", "none" or the URL/],
    ['a proxy without scheme', { proxy: 'u:hunter2@proxy:1' }, 'options.proxy', /URL/],
    ['a proxy of another kind', { proxy: 'socks5://u:hunter2@proxy' }, 'options.proxy', /URL/],
    ['a proxy that is no text', { proxy: true }, 'options.proxy', /URL/],
    ['a dispatcher that is none', { dispatcher: {} }, 'options.dispatcher', /dispatcher of undici/],
    ['no dispatcher', { dispatcher: null }, 'options.dispatcher', /dispatcher of undici/],
    ['a tag that is a number', { application: { id: 7 } }, 'options.application.id', /string/],
    ['a wrapper without a name', { wrapper: { version: '1' } }, 'options.wrapper.name', /string/],
  ])('(D2, D21) rejects %s before anything starts, without repeating it', (_, options, path, expected) => {
    const issues = issuesOf(options)
    expect(issues.map((issue) => issue.path)).toEqual([path])
    expect(issues[0]?.expected).toMatch(expected)
    expect(JSON.stringify(issues)).not.toMatch(/hunter2|guess|BEGIN/)
  })

  it.each<[what: string, options: ConnectionOptions]>([
    ['a locked key and its passphrase', { tls: { cert, key: locked, passphrase: 'halyard' } }],
    ['authorities', { tls: { ca: [CA, CA.toString()], verify: 'always', servername: 'x' } }],
    ['a proxy', { proxy: 'http://us%40er:pw@127.0.0.1:3128' }],
    ['no proxy', { proxy: 'none' }],
    ['the proxy of the environment', { proxy: 'environment' }],
  ])('accepts %s without a warning', (_, options) => {
    expect(issuesOf(options)).toEqual([])
    expect(warningsOf(options)).toEqual([])
  })
})

describe('network options with a warning', () => {
  it('(D21) warns of TLS without verification', () => {
    expect(warningsOf({ tls: { verify: 'never' } })).toEqual([
      expect.stringContaining('certificates are NOT verified'),
    ])
  })

  it('(D2) warns of options without effect', () => {
    const agent = new Agent()
    onTestFinished(() => agent.destroy())
    const transport = { request: () => new Promise<never>(() => {}), close: () => Promise.resolve() }
    const given = { tls: { ca: CA }, proxy: 'http://u:hunter2@proxy', dispatcher: agent } as const
    expect(warningsOf(given)).toEqual([
      'tls has no effect beside dispatcher',
      'proxy has no effect beside dispatcher',
    ])
    expect(warningsOf({ ...given, transport })).toEqual([
      'tls has no effect beside transport',
      'proxy has no effect beside transport',
      'dispatcher has no effect beside transport',
    ])
  })

  it('(D2, S160) rejects the names of TLS options of other SDKs', () => {
    const tls = { rejectUnauthorized: false } as object
    expect(() => warningsOf({ tls })).toThrow('options.tls.rejectUnauthorized: expected a known option')
  })
})

describe('a data system with network options', () => {
  it('(D21) connects over TLS with a client certificate through a proxy with a password', async () => {
    const origin = await startOrigin({ tls: certificate('leaf') })
    origin.poll.always(body(full('s1', put('checkout', 1))))
    origin.stream.always(new LiveStream(full('s1', put('checkout', 1))).answer)
    const proxy = await startProxy({ authorization: `Basic ${btoa('user:hunter2')}` })
    const engine = startEngine({
      endpoints: origin.endpoints,
      tls: { ca: CA, cert, key },
      proxy: proxy.url.replace('://', '://user:hunter2@'),
    })
    await engine.follows('streaming')
    expect(new Set(proxy.seen.map(({ line }) => line))).toEqual(
      new Set([`CONNECT ${new URL(origin.url).host}`]),
    )
    const said = [JSON.stringify(engine.statuses), ...engine.log].join()
    expect(said).not.toContain('hunter2')
    expect(said).not.toContain(SDK_KEY)
  })

  it('(D9, D21) is off if the certificate of the service is not trusted, and reports the reason', async () => {
    const origin = await startOrigin({ tls: certificate('leaf') })
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints })
    const verdict = await engine.system.waitForInitialization({ timeoutMs: 3_000 })
    expect(verdict.reason).toBe('off')
    expect(engine.system.status.current.lastError?.message).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    expect(origin.stream.received).toEqual([])
  })

  it('(D21) uses the dispatcher of the application and does not close it', async () => {
    const origin = await startOrigin({ tls: certificate('leaf') })
    origin.stream.always(new LiveStream(full('s1', put('checkout', 1))).answer)
    const dispatcher = new Agent({ connect: { ca: CA } })
    onTestFinished(() => dispatcher.destroy())
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints, dispatcher })
    await engine.follows('streaming')
    await engine.system.close()
    await origin.until(() => origin.connections === 0, 'the end of the stream')
    expect(dispatcher.closed || dispatcher.destroyed).toBe(false)
  })
})
