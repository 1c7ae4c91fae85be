import { createHmac } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { change } from '../support/stored.ts'
import { installedFile } from './support/application.ts'
import { startService } from './support/clients.ts'
import {
  bundlePage,
  type ClientPage,
  openPage,
  type PageSettings,
  startHttp,
  startSite,
} from './support/pages.ts'
import { PRODUCTION } from './support/relays.ts'
import { startRelay } from './support/servers.ts'

const ENV_ID = '64ab0c0ffee64ab0c0ffee00'
const CONTEXT = { kind: 'user', key: 'bob' }
const VISIBLE = { clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true } }
const HASH = createHmac('sha256', PRODUCTION).update('bob').digest('hex')

type Relay = Awaited<ReturnType<typeof startRelay>>

interface Deployed {
  readonly relay: Relay
  /** Sets the value of the flag `banner` in the service. */
  readonly change: (value: string) => void
}

/** Starts a service with the flag `banner`, which is "blue", and a relay of it. */
async function deploy(environmentOptions = '', mainOptions = ''): Promise<Deployed> {
  const service = await startService({
    [PRODUCTION]: [change('banner', 1, 'blue', VISIBLE), change('hidden', 1, 'secret')],
  })
  const relay = await startRelay(
    [
      '[Main]',
      `baseUri = "${service.url}"`,
      `streamUri = "${service.url}"`,
      mainOptions,
      '[Environment "production"]',
      `sdkKey = "${PRODUCTION}"`,
      `envId = "${ENV_ID}"`,
      environmentOptions,
      '',
    ].join('\n'),
  )
  let version = 1
  return {
    relay,
    change: (value) => {
      version++
      service.change(PRODUCTION, change('banner', version, value, VISIBLE))
    },
  }
}

const SDKS = ['javascript-3', 'javascript-4', 'react'] as const

type Sdk = (typeof SDKS)[number]

describeWithChromium("LaunchDarkly's SDKs in Chromium, connected to a relay", () => {
  let browser: Browser
  const scripts = new Map<Sdk, string>()
  beforeAll(async () => {
    for (const sdk of SDKS) scripts.set(sdk, bundlePage(sdk))
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  const open = async (
    sdk: Sdk,
    {
      relay,
      origin,
      ...settings
    }: Partial<PageSettings> & { readonly relay: Relay; readonly origin?: string },
  ): Promise<ClientPage> =>
    openPage(browser, origin ?? (await startSite()), {
      script: scripts.get(sdk) ?? '',
      settings: {
        credential: ENV_ID,
        context: CONTEXT,
        url: relay.url,
        ...settings,
        options: { sendEvents: false, fetchGoals: false, ...settings.options },
      },
    })

  describe.each(SDKS)('%s', (sdk) => {
    it('(CS20.3) initializes, and sees a change by its stream', async () => {
      const { relay, change: set } = await deploy()
      const { state, value, requests } = await open(sdk, { relay })
      expect(await state()).toBe('ready')
      await expect.poll(() => value('banner')).toBe('blue')
      if (sdk !== 'react') expect(await value('hidden')).toBe('fallback')
      // The change may precede the stream of the page, whose first ping then reports it.
      set('green')
      await expect.poll(() => value('banner')).toBe('green')
      set('red')
      await expect.poll(() => value('banner')).toBe('red')
      expect(requests.some((request) => request.startsWith(`GET /eval/${ENV_ID}/`))).toBe(true)
    })

    it('(CS23.2) works from an allowed origin only', async () => {
      const origin = await startSite()
      const { relay } = await deploy(`allowedOrigin = "https://first.example"\nallowedOrigin = "${origin}"`)
      const allowed = await open(sdk, { relay, origin })
      expect(await allowed.state()).toBe('ready')
      await expect.poll(() => allowed.value('banner')).toBe('blue')
      const other = await open(sdk, { relay })
      // The React SDK renders even if it has no flags.
      expect(await other.state()).toBe(sdk === 'react' ? 'ready' : 'failed')
      expect(await other.value('banner')).toBe(sdk === 'react' ? '' : 'fallback')
    })

    it('(CS20.1) sends the context by REPORT', async () => {
      const { relay, change: set } = await deploy()
      const { state, value, requests } = await open(sdk, { relay, options: { useReport: true } })
      expect(await state()).toBe('ready')
      await expect.poll(() => value('banner')).toBe('blue')
      set('green')
      await expect.poll(() => value('banner')).toBe('green')
      expect(requests).toContain(`REPORT /sdk/evalx/${ENV_ID}/context`)
      expect(requests).toContain(`GET /ping/${ENV_ID}`)
    })

    it('(CS4.1) in secure mode works with the hash of its context only', async () => {
      const { relay } = await deploy('secureMode = true')
      const right = await open(sdk, { relay, hash: HASH })
      expect(await right.state()).toBe('ready')
      await expect.poll(() => right.value('banner')).toBe('blue')
      for (const hash of [HASH.replace(/./, (digit) => (digit === '0' ? '1' : '0')), undefined]) {
        const wrong = await open(sdk, { relay, ...(hash !== undefined && { hash }) })
        expect(await wrong.state()).toBe(sdk === 'react' ? 'ready' : 'failed')
        expect(await wrong.value('banner')).toBe(sdk === 'react' ? '' : 'fallback')
      }
    })
  })

  it('(CS24.1) javascript-3 receives its goals', async () => {
    const service = await startHttp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
    })
    const { relay } = await deploy('', `clientSideBaseUri = "${service}"`)
    const { page, state, requests } = await open('javascript-3', { relay, options: { fetchGoals: true } })
    expect(await state()).toBe('ready')
    await page.evaluate('globalThis.client.waitUntilGoalsReady()')
    expect(requests).toContain(`GET /sdk/goals/${ENV_ID}`)
  })

  it.each(SDKS)('(RE2.1, CS23.4) %s sends its events through the relay', async (sdk) => {
    const payloads: string[] = []
    const service = await startHttp((request, response) => {
      payloads.push(`${request.method} ${request.url}`)
      request.resume()
      response.writeHead(202).end()
    })
    const events = `[Events]\nsendEvents = true\neventsUri = "${service}"\nflushInterval = 100ms`
    const { relay } = await deploy('', events)
    const { page, state, value } = await open(sdk, { relay, options: { sendEvents: true } })
    expect(await state()).toBe('ready')
    await expect.poll(() => value('banner')).toBe('blue')
    await page.evaluate('globalThis.client.flush()')
    await expect.poll(() => payloads).toContain(`POST /events/bulk/${ENV_ID}`)
  })

  it('(CS5.1, CS20.1) javascript-4 follows changes over FDv2', async () => {
    const { relay, change: set } = await deploy()
    const options = { dataSystem: { foregroundConnectionMode: 'streaming' } }
    const { state, value, requests } = await open('javascript-4', { relay, options })
    expect(await state()).toBe('ready')
    await expect.poll(() => value('banner')).toBe('blue')
    set('green')
    await expect.poll(() => value('banner')).toBe('green')
    for (const path of ['/sdk/poll/eval/', '/sdk/stream/eval/'])
      expect(requests).toContainEqual(expect.stringContaining(`GET ${path}`))
  })
})

/** The part of the SDK that the suite uses. The project itself does not install it. */
interface NodeClient {
  waitForInitialization(timeout: number): Promise<void>
  variation(key: string, fallback: string): unknown
  close(): Promise<void>
}

interface NodeClientSdk {
  readonly initialize: (clientSideId: string, context: object, options: object) => NodeClient
}

describe("LaunchDarkly's client-side SDK for Node.js, connected to a relay", () => {
  it.each([false, true])('(CS20.3) sees a change by its stream (useReport: %s)', async (useReport) => {
    const { relay, change: set } = await deploy()
    const path = installedFile('launchdarkly-node-client-sdk/src/index.js')
    const { initialize } = (await import(path)) as NodeClientSdk
    const client = initialize(ENV_ID, CONTEXT, {
      baseUrl: relay.url,
      streamUrl: relay.url,
      eventsUrl: relay.url,
      streaming: true,
      sendEvents: false,
      useReport,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    })
    onTestFinished(() => client.close())
    await client.waitForInitialization(30)
    expect(client.variation('banner', 'fallback')).toBe('blue')
    set('green')
    await expect.poll(() => client.variation('banner', 'fallback')).toBe('green')
  })
})
