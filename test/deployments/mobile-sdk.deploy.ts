import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { change } from '../support/stored.ts'
import { installedFile } from './support/application.ts'
import { startService } from './support/clients.ts'
import { bundlePage, type ClientPage, openPage, type PageSettings, startHttp } from './support/pages.ts'
import { PRODUCTION } from './support/relays.ts'
import { startRelay } from './support/servers.ts'

const MOBILE_KEY = 'mob-production-5e07'
const MOBILE_ONLY = { clientSideAvailability: { usingEnvironmentId: false, usingMobileKey: true } }
const BROWSER_ONLY = { clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: false } }

const SDK = '@launchdarkly/react-native-client-sdk'

/**
 * Bundles the page with a copy of the SDK outside of its package, which is of the type `module`. The bundler of React Native ignores
 * the type, and one file of the SDK is a CommonJS module.
 */
function bundle(): string {
  const copy = mkdtempSync(join(tmpdir(), 'halyard-sdk-'))
  try {
    cpSync(installedFile(`${SDK}/dist/src`), copy, { recursive: true })
    return bundlePage('react-native', { [SDK]: join(copy, 'index.js') })
  } finally {
    rmSync(copy, { recursive: true })
  }
}

interface App {
  readonly origin: string
  /** Status, method and path, without query, of each answer of the relay. */
  readonly answers: readonly string[]
}

/** Starts a site whose page reaches the relay at the site's own origin, because mobile SDKs know no CORS. */
async function startApp(relay: string): Promise<App> {
  const answers: string[] = []
  const origin = await startHttp((incoming, response) => {
    const { method, url = '', headers } = incoming
    if (url === '/' || url === '/favicon.ico') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>app</title>')
      return
    }
    const outgoing = request(`${relay}${url}`, { method, headers, agent: false }, (answer) => {
      answers.push(`${answer.statusCode} ${method} ${new URL(url, relay).pathname}`)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, response, () => {})
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  return { origin, answers }
}

interface Deployed extends App {
  /** Sets the value of the flag `banner`, which mobile SDKs see, in the service. */
  readonly change: (value: string) => void
  /** Ends the relay, and starts another one at its address. */
  readonly restart: () => Promise<void>
}

/** Starts a service, a relay of it, and an app of the relay. */
async function deploy(options = ''): Promise<Deployed> {
  const service = await startService({
    [PRODUCTION]: [change('banner', 1, 'blue', MOBILE_ONLY), change('hidden', 1, 'secret', BROWSER_ONLY)],
  })
  const configuration = [
    '[Main]',
    `baseUri = "${service.url}"`,
    `streamUri = "${service.url}"`,
    '[Environment "production"]',
    `sdkKey = "${PRODUCTION}"`,
    `mobileKey = "${MOBILE_KEY}"`,
    options,
    '',
  ].join('\n')
  const relay = await startRelay(configuration)
  let version = 1
  return {
    ...(await startApp(relay.url)),
    change: (value) => {
      version++
      service.change(PRODUCTION, change('banner', version, value, MOBILE_ONLY))
    },
    restart: async () => {
      relay.signal('SIGTERM')
      await relay.ended
      await startRelay(configuration, relay.port)
    },
  }
}

describeWithChromium("LaunchDarkly's mobile SDK for React Native, connected to a relay", () => {
  let browser: Browser
  let script: string
  beforeAll(async () => {
    script = bundle()
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  const open = ({ origin }: App, settings: Partial<PageSettings> = {}): Promise<ClientPage> =>
    openPage(browser, origin, {
      script,
      settings: {
        credential: MOBILE_KEY,
        context: { kind: 'user', key: 'bob' },
        url: origin,
        ...settings,
        options: { sendEvents: false, ...settings.options },
      },
    })

  it('(CS1.1, CS20.3) receives the flags of mobile SDKs, and sees a change by its stream', async () => {
    const app = await deploy()
    const { state, value } = await open(app)
    expect(await state()).toBe('ready')
    expect(await value('banner')).toBe('blue')
    expect(await value('hidden')).toBe('fallback')
    // The change may precede the stream of the page, whose first ping then reports it.
    app.change('green')
    await expect.poll(() => value('banner')).toBe('green')
    app.change('red')
    await expect.poll(() => value('banner')).toBe('red')
    for (const path of ['/meval/', '/msdk/evalx/contexts/'])
      expect(app.answers).toContainEqual(expect.stringContaining(`200 GET ${path}`))
  })

  it('(CS20.2) receives the changes that it missed during a restart of the relay', async () => {
    const app = await deploy()
    const { state, value } = await open(app)
    expect(await state()).toBe('ready')
    const restarted = app.restart()
    app.change('green')
    await restarted
    await expect.poll(() => value('banner')).toBe('green')
    app.change('red')
    await expect.poll(() => value('banner')).toBe('red')
  })

  it('(CS2.3) sends the device and the application as further kinds of its context', async () => {
    const app = await deploy()
    const { state } = await open(app, { options: { applicationInfo: { id: 'shop', version: '1.0.0' } } })
    expect(await state()).toBe('ready')
    const [path = ''] = app.answers.filter((answer) => answer.includes('/contexts/'))
    const context: unknown = JSON.parse(Buffer.from(path.split('/').at(-1) ?? '', 'base64url').toString())
    expect(context).toMatchObject({
      kind: 'multi',
      user: { key: 'bob' },
      ld_application: { id: 'shop', version: '1.0.0' },
      ld_device: { manufacturer: 'Maker', model: 'Phone', os: { name: 'android' } },
    })
  })

  it('(CS2.2, CS20.1) sends the context by REPORT', async () => {
    const app = await deploy()
    const { state, value } = await open(app, { options: { useReport: true } })
    expect(await state()).toBe('ready')
    expect(await value('banner')).toBe('blue')
    app.change('green')
    await expect.poll(() => value('banner')).toBe('green')
    expect(app.answers).toContain('200 REPORT /meval')
    expect(app.answers).toContain('200 REPORT /msdk/evalx/context')
  })

  it('(CS3.1) polls', async () => {
    const app = await deploy()
    const { state, value } = await open(app, { options: { initialConnectionMode: 'polling' } })
    expect(await state()).toBe('ready')
    expect(await value('banner')).toBe('blue')
    expect(app.answers.every((answer) => answer.startsWith('200 GET /msdk/evalx/contexts/'))).toBe(true)
  })

  it('(CS5.1, CS20.1, S205.4) follows changes over FDv2', async () => {
    const app = await deploy()
    const { state, value } = await open(app, { options: { dataSystem: {} } })
    expect(await state()).toBe('ready')
    await expect.poll(() => value('banner')).toBe('blue')
    expect(await value('hidden')).toBe('fallback')
    app.change('green')
    await expect.poll(() => value('banner')).toBe('green')
    for (const path of ['/sdk/poll/eval/', '/sdk/stream/eval/'])
      expect(app.answers).toContainEqual(expect.stringContaining(`200 GET ${path}`))
  })

  it.each([
    ['another mobile key', 'mob-other'],
    ['an SDK key', PRODUCTION],
  ])('(S205.2, S205.5) is refused with %s', async (_, credential) => {
    const app = await deploy()
    const { state, value } = await open(app, { credential })
    expect(await state()).toBe('failed')
    expect(await value('banner')).toBe('fallback')
    expect(app.answers).toContainEqual(expect.stringContaining('401 GET /meval/'))
  })

  it('(RE2.3, RE2.4) sends its events and diagnostics through the relay', async () => {
    const payloads: { readonly target: string; readonly key: unknown; readonly text: string }[] = []
    const service = await startHttp((incoming, response) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('end', () => {
        const { method, url, headers } = incoming
        const text = gunzipSync(Buffer.concat(parts)).toString()
        payloads.push({ target: `${method} ${url}`, key: headers.authorization, text })
        response.writeHead(202).end()
      })
    })
    const app = await deploy(`[Events]\nsendEvents = true\neventsUri = "${service}"\nflushInterval = 100ms`)
    const { page, state, value } = await open(app, { options: { sendEvents: true } })
    expect(await state()).toBe('ready')
    expect(await value('banner')).toBe('blue')
    await page.evaluate('globalThis.client.track("bought")')
    await page.evaluate('globalThis.client.flush()')
    for (const target of ['POST /mobile', 'POST /mobile/events/diagnostic'])
      await expect.poll(() => payloads).toContainEqual(expect.objectContaining({ target, key: MOBILE_KEY }))
    for (const word of ['"identify"', '"custom"', '"summary"', '"banner"'])
      expect(payloads.map(({ text }) => text).join()).toContain(word)
  })
})
