import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { describeWith } from '../support/requirements/requirement.ts'
import { constant } from '../support/stored.ts'
import { installedFile } from './support/application.ts'
import { bundlePage, type ClientPage, openPage, type PageSettings, startSite } from './support/pages.ts'
import { documentedNginx } from './support/relays.ts'
import { NGINX, startNginx, startRelay } from './support/servers.ts'

const SDK_KEY = 'sdk-5ca1ab1e'
const ENV_ID = '64ab0c0ffee64ab0c0ffee00'
const VISIBLE = { clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true } }

const PLAN = {
  ...VISIBLE,
  variations: ['free', 'pro'],
  rules: [{ variation: 1, clauses: [{ attribute: 'plan', op: 'in', values: ['pro'], contextKind: 'user' }] }],
}

/** A flag of each type, of which `banner` has the given value. */
const flagsWith = (banner: string): object => ({
  flags: {
    banner: constant('banner', 1, banner, VISIBLE),
    yes: constant('yes', 1, true, VISIBLE),
    limit: constant('limit', 1, 2.5, VISIBLE),
    layout: constant('layout', 1, { columns: 3 }, VISIBLE),
    plan: constant('plan', 1, 'free', PLAN),
    unset: constant('unset', 1, 'x', { ...VISIBLE, on: false }),
    'a/b': constant('a/b', 1, 'slash', VISIBLE),
    hidden: constant('hidden', 1, 'secret'),
  },
})

type Relay = Awaited<ReturnType<typeof startRelay>>

interface Deployed {
  readonly relay: Relay
  /** Sets the value of the flag `banner` in the file. */
  readonly change: (value: string) => void
  /** Starts another relay with the file, on the same port. */
  readonly startAgain: () => Promise<Relay>
  /** Starts another relay with the file, on a port of its own. */
  readonly startAnother: () => Promise<Relay>
}

/** Starts a relay of a flag file, in which the flag `banner` is "blue". */
async function deploy(environmentOptions: readonly string[] = []): Promise<Deployed> {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-ofrep-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'flags.json')
  const change = (value: string): void => {
    writeFileSync(`${path}.new`, JSON.stringify(flagsWith(value)))
    renameSync(`${path}.new`, path)
  }
  change('blue')
  const configuration = [
    '[Main]',
    '[Environment "flags"]',
    `sdkKey = "${SDK_KEY}"`,
    `envId = "${ENV_ID}"`,
    `file = "${path}"`,
    ...environmentOptions,
    '',
  ].join('\n')
  const relay = await startRelay(configuration)
  return {
    relay,
    change,
    startAgain: () => startRelay(configuration, relay.port),
    startAnother: () => startRelay(configuration),
  }
}

/** The parts of OpenFeature's packages that the suite uses. The project itself does not install them. */
interface ServerSdk {
  readonly OpenFeature: {
    setProviderAndWait(domain: string, provider: object): Promise<void>
    getClient(domain: string): ServerClient
    close(): Promise<void>
  }
}

interface ServerClient {
  getBooleanDetails(key: string, fallback: boolean, context: object): Promise<Details>
  getStringDetails(key: string, fallback: string, context: object): Promise<Details>
  getNumberDetails(key: string, fallback: number, context: object): Promise<Details>
  getObjectDetails(key: string, fallback: object, context: object): Promise<Details>
}

interface Details {
  readonly value: unknown
  readonly reason?: string
  readonly variant?: string
  readonly errorCode?: string
  readonly flagMetadata?: object
}

interface OfrepModule {
  readonly OFREPProvider: new (options: object) => object
}

/** Returns a client of OpenFeature's server SDK with the published provider. */
async function connect(relay: Relay, authorization: string): Promise<ServerClient> {
  const sdk = (await import(installedFile('@openfeature/server-sdk/dist/cjs/index.js'))) as ServerSdk
  const module = (await import(installedFile('@openfeature/ofrep-provider/index.cjs.js'))) as OfrepModule
  const domain = `${relay.url} ${authorization}`
  const provider = new module.OFREPProvider({
    baseUrl: relay.url,
    headers: [['Authorization', authorization]],
  })
  await sdk.OpenFeature.setProviderAndWait(domain, provider)
  onTestFinished(() => sdk.OpenFeature.close())
  return sdk.OpenFeature.getClient(domain)
}

const ADA = { targetingKey: 'ada' }

describe("OpenFeature's server SDK with the published provider of OFREP", () => {
  it.each([SDK_KEY, `Bearer ${SDK_KEY}`])('(RO1.1, RO2.1) evaluates flags with %j', async (key) => {
    const { relay, change } = await deploy()
    const client = await connect(relay, key)
    expect(await client.getStringDetails('banner', 'x', ADA)).toMatchObject({
      value: 'blue',
      reason: 'STATIC',
      variant: '0',
      flagMetadata: { reasonKind: 'FALLTHROUGH', variationIndex: 0 },
    })
    expect((await client.getBooleanDetails('yes', false, ADA)).value).toBe(true)
    expect((await client.getNumberDetails('limit', 1, ADA)).value).toBe(2.5)
    expect((await client.getObjectDetails('layout', {}, ADA)).value).toEqual({ columns: 3 })
    expect((await client.getStringDetails('hidden', 'x', ADA)).value).toBe('secret')
    expect((await client.getStringDetails('plan', 'x', ADA)).value).toBe('free')
    expect(await client.getStringDetails('plan', 'x', { ...ADA, plan: 'pro' })).toMatchObject({
      value: 'pro',
      reason: 'TARGETING_MATCH',
    })
    expect((await client.getStringDetails('a/b', 'x', ADA)).value).toBe('slash')
    change('green')
    await expect.poll(async () => (await client.getStringDetails('banner', 'x', ADA)).value).toBe('green')
  })

  it('(RO1.3, RO2.3, RO3.2) returns the default with an error code', async () => {
    const { relay } = await deploy()
    const client = await connect(relay, SDK_KEY)
    const wrong = await connect(relay, 'sdk-other')
    expect(await client.getStringDetails('none', 'x', ADA)).toMatchObject({
      value: 'x',
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(await client.getStringDetails('banner', 'x', {})).toMatchObject({
      value: 'x',
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await client.getStringDetails('yes', 'x', ADA)).toMatchObject({
      value: 'x',
      errorCode: 'TYPE_MISMATCH',
    })
    expect((await client.getStringDetails('unset', 'x', ADA)).value).toBe('x')
    expect(await wrong.getStringDetails('banner', 'x', ADA)).toMatchObject({ value: 'x', reason: 'ERROR' })
  })

  it('(RO2.3) returns the default after its key has expired', async () => {
    const until = new Date(Date.now() + 15_000).toISOString()
    const { relay } = await deploy([`moreSdkKeys = "sdk-0ld until ${until}"`])
    const client = await connect(relay, 'Bearer sdk-0ld')
    const value = async (): Promise<unknown> => (await client.getStringDetails('banner', 'x', ADA)).value
    await expect.poll(value).toBe('x')
    expect((await (await connect(relay, SDK_KEY)).getStringDetails('banner', 'x', ADA)).value).toBe('blue')
  })
})

describeWithChromium("OpenFeature's web SDK with the published provider of OFREP, in Chromium", () => {
  let browser: Browser
  let script = ''
  beforeAll(async () => {
    script = bundlePage('openfeature')
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  interface OpenedPage extends ClientPage {
    readonly details: (key: string, fallback: unknown) => Promise<Details>
    /** The events of the provider, with the keys of changed flags. */
    readonly events: () => Promise<readonly string[]>
    /** The statuses of the answers to requests for all flags. */
    readonly statuses: readonly number[]
  }

  async function open(
    relay: Pick<Relay, 'url'>,
    { origin, ...settings }: Partial<PageSettings> & { readonly origin?: string } = {},
  ): Promise<OpenedPage> {
    const defaults = { credential: ENV_ID, context: ADA, url: relay.url }
    const opened = await openPage(browser, origin ?? (await startSite()), {
      script,
      settings: { ...defaults, ...settings },
    })
    const statuses: number[] = []
    opened.page.on('response', (response) => {
      if (response.request().method() === 'POST') statuses.push(response.status())
    })
    return {
      ...opened,
      statuses,
      details: (key, fallback) =>
        opened.page.evaluate(`detailsOf(${JSON.stringify(key)}, ${JSON.stringify(fallback)})`),
      events: () => opened.page.evaluate('globalThis.events'),
    }
  }

  it('(RO1.1, RO2.2) evaluates the flags that its kind of client sees', async () => {
    const { relay } = await deploy()
    const { state, details, page } = await open(relay)
    expect(await state()).toBe('ready')
    expect(await details('banner', 'x')).toMatchObject({ value: 'blue', reason: 'STATIC', variant: '0' })
    expect((await details('yes', false)).value).toBe(true)
    expect((await details('limit', 1)).value).toBe(2.5)
    expect((await details('layout', {})).value).toEqual({ columns: 3 })
    expect((await details('a/b', 'x')).value).toBe('slash')
    expect(await details('unset', 'x')).toMatchObject({ value: 'x', reason: 'DISABLED' })
    for (const key of ['none', 'hidden'])
      expect(await details(key, 'x')).toMatchObject({ value: 'x', errorCode: 'FLAG_NOT_FOUND' })
    expect((await details('plan', 'x')).value).toBe('free')
    await page.evaluate('setContext({ targetingKey: "ada", plan: "pro" })')
    expect((await details('plan', 'x')).value).toBe('pro')
  })

  it('(RO5.1, RO6.2, RO7.1) sees a change by its stream, without polling', async () => {
    const { relay, change } = await deploy()
    const { state, value, statuses, requests, events } = await open(relay)
    expect(await state()).toBe('ready')
    expect(await value('banner')).toBe('blue')
    // The stream begins with an event, for which nothing has changed.
    await expect.poll(() => statuses.at(-1)).toBe(304)
    change('green')
    await expect.poll(() => value('banner')).toBe('green')
    expect((await events()).at(-1)).toBe('PROVIDER_CONFIGURATION_CHANGED banner')
    expect(requests.filter((request) => request.startsWith('POST')).length).toBeLessThanOrEqual(4)
    expect(requests).toContain('GET /ofrep/v1/events')
  })

  it('(RO5.2, RO6.2) sees a change that happened while its relay was restarted', async () => {
    const { relay, change, startAgain } = await deploy()
    const { state, value } = await open(relay)
    expect(await state()).toBe('ready')
    relay.signal('SIGTERM')
    await relay.ended
    change('green')
    await startAgain()
    await expect.poll(() => value('banner')).toBe('green')
    change('red')
    await expect.poll(() => value('banner')).toBe('red')
  })

  describeWith(NGINX, 'nginx in front of two relays', () => {
    it('(RO5.2, RO5.4) passes on each change', async () => {
      const { relay, change, startAnother } = await deploy()
      const nginx = await startNginx(documentedNginx(relay, await startAnother()))
      const { state, value } = await open(nginx)
      expect(await state()).toBe('ready')
      for (const next of ['green', 'red', 'blue', 'white', 'black']) {
        change(next)
        await expect.poll(() => value('banner')).toBe(next)
      }
    })
  })

  it('(RO2.3, RO8.1) fails with a wrong key, and from an origin that is not allowed', async () => {
    const origin = await startSite()
    const { relay } = await deploy([`allowedOrigin = "${origin}"`])
    expect(await (await open(relay, { origin })).state()).toBe('ready')
    expect(await (await open(relay, { origin, credential: 'another' })).state()).toBe('failed')
    expect(await (await open(relay)).state()).toBe('failed')
  })

  it('(RO6.3) keeps its flags after its key has expired, and receives no changes', async () => {
    const until = new Date(Date.now() + 45_000).toISOString()
    const { relay, change } = await deploy([`moreMobileKeys = "mob-0ld until ${until}"`])
    const { state, value, statuses, events } = await open(relay, { credential: 'mob-0ld' })
    expect(await state()).toBe('ready')
    await expect.poll(() => statuses.at(-1)).toBe(401)
    change('green')
    expect(await value('banner')).toBe('blue')
    expect(await events()).toContainEqual(expect.stringContaining('PROVIDER_STALE'))
    expect(await (await open(relay, { credential: 'mob-0ld' })).state()).toBe('failed')
  })
})
