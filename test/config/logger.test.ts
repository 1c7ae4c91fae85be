import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { safeLogger } from '../../src/config/logger.ts'
import { presets } from '../../src/config/presets.ts'
import type { Logger } from '../../src/model/logger.ts'
import { HalyardProvider } from '../../src/openfeature/index.ts'
import { startRelay } from '../../src/relay/index.ts'
import { SHORT_TIMINGS } from '../../src/testing/index.ts'
import { bridge } from '../launchdarkly/bridged.ts'
import { SDK_KEY } from '../support/engine.ts'
import { hosted } from '../support/service.ts'
import { constant } from '../support/stored.ts'

/** Returns a logger whose methods are all this function. */
function all(write: (message: string) => unknown): Logger {
  return { debug: write, info: write, warn: write, error: write }
}

const broken: Readonly<Record<string, () => Logger>> = {
  'throws an error': () =>
    all(() => {
      throw new Error('disk full')
    }),
  'throws what cannot be printed': () =>
    all(() => {
      throw Object.create(null)
    }),
  'returns a promise that rejects': () => all(() => Promise.reject(new Error('disk full'))),
  'returns what throws when it is awaited': () =>
    all(
      () =>
        new Proxy(
          {},
          {
            get() {
              throw new Error('disk full')
            },
          },
        ),
    ),
}

/** Starts a service with one flag that first answers 500 this many times. */
async function failingFirst(failures: number): Promise<string> {
  const { handler } = hosted({ flags: { a: constant('a', 1, 'served') } })
  let asked = 0
  const server = createServer((request, response) => {
    if (asked++ < failures) response.writeHead(500).end()
    else handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const rejections: unknown[] = []
const note = (error: unknown): void => {
  rejections.push(error)
}

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', note)
})

afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

describe.each(Object.entries(broken))('(S140) with a logger that %s', (_, logger) => {
  it('a client recovers, evaluates and closes; the failure is reported once', async () => {
    const complaints = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => complaints.mockRestore())
    const url = await failingFirst(2)
    const client = createClient(SDK_KEY, {
      dataSystem: presets.pollingOnly(),
      endpoints: { polling: url, streaming: url },
      timings: { ...SHORT_TIMINGS, pollIntervalMs: 10 },
      logger: logger(),
    })
    expect(client.sync.stringVariation('a', { kind: 'user', key: 'u' }, 'fallback')).toBe('fallback')
    await client.waitForInitialization()
    expect(client.sync.stringVariation('a', { kind: 'user', key: 'u' }, 'fallback')).toBe('served')
    expect(client.sync.stringVariation('unknown', { kind: 'user', key: 'u' }, 'fallback')).toBe('fallback')
    expect(await client.variation('a', { kind: 'user', key: '' }, 'fallback')).toBe('fallback')
    await client.close()
    expect(complaints.mock.calls).toEqual([[expect.stringMatching(/^\[halyard\] the logger failed/)]])
  })

  it('the official SDK receives its data through the bridge', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const url = await failingFirst(1)
    const { client } = bridge({ endpoints: { polling: url, streaming: url }, logger: logger() })
    await client.waitForInitialization({ timeout: 30 })
    expect(await client.variation('a', { kind: 'user', key: 'u' }, 'fallback')).toBe('served')
  })

  it('a relay serves', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const url = await failingFirst(0)
    const relay = await startRelay(
      {
        port: 0,
        host: '127.0.0.1',
        endpoints: { polling: url, streaming: url },
        environments: [{ name: 'e', sdkKey: SDK_KEY }],
      },
      { logger: logger() },
    )
    onTestFinished(() => relay.close())
    expect(await relay.started).toEqual([])
    const answer = await fetch(`${relay.url}/sdk/latest-all`, { headers: { authorization: SDK_KEY } })
    expect(answer.status).toBe(200)
    expect(
      (await fetch(`${relay.url}/sdk/latest-all`, { headers: { authorization: 'stranger' } })).status,
    ).toBe(401)
  })

  it('an OpenFeature provider evaluates', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    const provider = new HalyardProvider(SDK_KEY, { offline: true, logger: logger() })
    await provider.initialize().catch(() => {})
    onTestFinished(() => provider.onClose())
    const context = { targetingKey: 'u', name: 5 }
    expect(await provider.resolveBooleanEvaluation('a', true, context, logger())).toMatchObject({
      value: true,
    })
  })
})

it('(S140) ignores errors of the console', () => {
  const complaints = vi.spyOn(console, 'error').mockImplementation(() => {
    throw new Error('no console')
  })
  onTestFinished(() => complaints.mockRestore())
  const logger = safeLogger(
    all(() => {
      throw new Error('disk full')
    }),
  )
  expect(() => logger.warn('one')).not.toThrow()
  expect(() => logger.error('two')).not.toThrow()
  expect(complaints).toHaveBeenCalledOnce()
})

it('(S140) keeps `this` of a logger, reads its methods for each line, and has one guard per logger', () => {
  const lines: string[] = []
  const given = {
    prefix: 'first',
    debug() {},
    info() {},
    warn(message: string): void {
      lines.push(`${this.prefix} ${message}`)
    },
    error() {},
  }
  const guard = safeLogger(given)
  guard.warn('a')
  given.prefix = 'second'
  given.warn = (message) => lines.push(`replaced ${message}`)
  guard.warn('b')
  expect(lines).toEqual(['first a', 'replaced b'])
  expect(safeLogger(given)).toBe(guard)
  expect(safeLogger(guard)).toBe(guard)
})
