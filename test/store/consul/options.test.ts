import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/model/errors.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'
import {
  type ConsulStoreOptions,
  checkConsulOptions,
  fitsUrl,
  pathOf,
} from '../../../src/store/consul/options.ts'
import { readAddress } from '../../../src/transport/base-url.ts'
import { CA, certificate } from '../../support/certificates.ts'
import { open } from './opened.ts'

function issuesOf(options: unknown): readonly string[] {
  try {
    consulStore(options as ConsulStoreOptions)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.issues.map(({ path, expected, received }) => `${path}: ${expected}, not ${received}`)
  }
}

describe('(S84) options of consulStore', () => {
  it.each<readonly [options: ConsulStoreOptions | undefined, url: string]>([
    [undefined, 'http://localhost:8500'],
    [{ url: 'http://my-consul:8100' }, 'http://my-consul:8100'],
    [{ url: 'https://my-consul/' }, 'https://my-consul'],
    [{ url: 'https://my-consul/behind/a/path/' }, 'https://my-consul/behind/a/path'],
    [{ url: '127.0.0.1:8500' }, 'http://127.0.0.1:8500'],
    [{ url: 'my-consul:8100' }, 'http://my-consul:8100'],
    [{ url: 'my-consul:8501', tls: { ca: CA } }, 'https://my-consul:8501'],
    [{ host: 'my-consul' }, 'http://my-consul:8500'],
    [{ port: 8100 }, 'http://localhost:8100'],
    [{ host: '::1', port: 8100 }, 'http://[::1]:8100'],
    [{ consulOptions: { host: 'my-consul', port: 8100 } }, 'http://my-consul:8100'],
    [{ consulOptions: { host: 'my-consul', port: '8100', secure: true } }, 'https://my-consul:8100'],
    [{ consulOptions: { secure: false, ca: CA } }, 'http://localhost:8500'],
    [{ consulOptions: {} }, 'http://localhost:8500'],
  ])('%o leads to %s', (options, url) => {
    expect(consulStore(options).url).toBe(url)
    expect(open(options ?? {}).store.name).toBe(`Consul at ${url} (launchdarkly)`)
  })

  it('accepts the names of LaunchDarkly', () => {
    const { settings, use } = checkConsulOptions({
      prefix: 'my-key-prefix',
      cacheTTL: 30,
      consulOptions: { host: 'my-consul', port: 8100, ca: CA, defaults: { token: 't', dc: 'd', ns: 'n' } },
    })
    expect(settings).toEqual({
      url: 'https://my-consul:8100',
      prefix: 'my-key-prefix',
      consistency: 'default',
      token: 't',
      datacenter: 'd',
      namespace: 'n',
      tls: { ca: CA },
    })
    expect(use).toEqual({ cacheTtlMs: 30_000 })
  })

  it('passes on the options for the use of a store', () => {
    const use = { cacheTtlMs: 0, staleOnErrorMs: Infinity, reads: 'snapshot', writers: 'one' } as const
    expect(consulStore({ ...use, prefix: 'ld' })).toMatchObject({ type: 'consul', prefix: 'ld', ...use })
    expect(Object.keys(consulStore())).toEqual(['type', 'url', 'prefix', 'open'])
  })

  it.each<readonly [options: unknown, issues: readonly string[]]>([
    [null, ['consulStore: an object, not null']],
    ['http://my-consul', ['consulStore: an object, not a string (value hidden)']],
    [{ url: 'ftp://my-consul' }, [expect.stringContaining('consulStore.url: the address of an agent')]],
    [{ url: '' }, [expect.stringContaining('consulStore.url')]],
    [{ url: 'http://' }, [expect.stringContaining('consulStore.url')]],
    [
      { url: 'http://user:secret@my-consul' },
      [expect.stringMatching(/^consulStore.url: .*, not a string \(value hidden\)$/)],
    ],
    [
      { url: 'http://my-consul?token=secret' },
      [expect.stringMatching(/^consulStore.url: .*, not a string \(value hidden\)$/)],
    ],
    [{ url: 'unix:///var/consul.sock' }, [expect.stringContaining('consulStore.url')]],
    [{ host: 'user@host' }, ['consulStore.host: the name or address of a host, not a string (value hidden)']],
    [{ port: 70_000 }, ['consulStore.port: the number of a port, not number 70000']],
    [{ port: '8500' }, ['consulStore.port: the number of a port, not a string (value hidden)']],
    [
      { token: 'two\nlines', prefix: 7 },
      [
        expect.stringContaining('consulStore.prefix: a path'),
        'consulStore.token: a token of printable characters, without spaces and line breaks (files often end with a line break), not a string (value hidden)',
      ],
    ],
    [
      { consistency: 'fast' },
      ['consulStore.consistency: "default" or "consistent" or "stale", not a string (value hidden)'],
    ],
    [
      { cacheTtlMs: -1 },
      ['consulStore.cacheTtlMs: a number that is not negative, or Infinity, not number -1'],
    ],
    [{ cacheTTL: Number.NaN }, [expect.stringContaining('consulStore.cacheTTL')]],
    [{ reads: 'eager' }, ['consulStore.reads: "lazy" or "snapshot", not a string (value hidden)']],
    [
      { tls: { ca: '/etc/ca.pem' } },
      [
        'consulStore.tls.ca: text in PEM (not the path of a file), or a list of such, not a string (value hidden)',
      ],
    ],
    [
      { tls: { cert: certificate('client').cert } },
      ['consulStore.tls: cert and key together, not an object'],
    ],
    [
      { url: 'http://a', host: 'b', cacheTtlMs: 1, cacheTTL: 1 },
      [
        'consulStore.host: nothing beside url, not a string (value hidden)',
        'consulStore.cacheTTL: nothing beside cacheTtlMs, not number 1',
      ],
    ],
    [
      { token: 'a', consulOptions: { defaults: { token: 'b' }, port: 'x' } },
      [
        'consulStore.consulOptions.port: the number of a port, not a string (value hidden)',
        'consulStore.consulOptions.defaults.token: nothing beside token, not a string (value hidden)',
      ],
    ],
    [
      { namespace: 'a', datacenter: 'b', consulOptions: { defaults: { ns: 'a', dc: 'b' } } },
      [
        'consulStore.consulOptions.defaults.ns: nothing beside namespace, not a string (value hidden)',
        'consulStore.consulOptions.defaults.dc: nothing beside datacenter, not a string (value hidden)',
      ],
    ],
  ])('%o is refused without its value in the message', (options, issues) => {
    expect(issuesOf(options)).toEqual(issues)
  })

  it.each(['', '/ld', 'ld/', 'a//b', '.', 'a/../b', 'a\nb', '$halyard', '$halyard/ld'])(
    '%o is no prefix',
    (prefix) => {
      expect(issuesOf({ prefix })).toHaveLength(1)
    },
  )

  it.each(['ld', 'ld:spree:production', 'ld/production', 'ключ', 'a b', '%41', 'x$halyard'])(
    '%o is a prefix',
    (prefix) => {
      expect(consulStore({ prefix }).prefix).toBe(prefix)
    },
  )

  it('(S160) refuses unknown names, in the options of another package only if they resemble a known one', () => {
    const log: string[] = []
    open({ consulOptions: { promisify: true } } as ConsulStoreOptions, undefined, log)
    expect(log).toEqual(['consulStore.consulOptions.promisify is not an option; ignored'])
    const wrong = { Prefix: 'x', consulOptions: { secur: true }, tls: { passphrase: 'p', cipher: 1 } }
    expect(issuesOf(wrong).map((issue) => issue.split(':')[0])).toEqual([
      'consulStore.tls.cipher',
      'consulStore.consulOptions.secur',
      'consulStore.Prefix',
    ])
  })
})

describe('(S80) a key in a URL', () => {
  it('is sent unchanged if it fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
        fc.pre(fitsUrl(key))
        const { pathname } = new URL(`http://localhost/v1/kv/${pathOf(key)}`)
        expect(pathname.slice('/v1/kv/'.length).split('/').map(decodeURIComponent).join('/')).toBe(key)
      }),
    )
  })

  it('an address is parsed and formatted without a change', () => {
    for (const text of ['http://a', 'https://a:1/b', 'http://[::1]:8500'])
      expect(readAddress(text, 'http')).toBe(text)
  })
})
