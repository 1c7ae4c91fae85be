import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import { DEFAULT_TIMINGS } from '../../../src/datasystem/parts.ts'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../../../src/relay/relay.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { describeWithChromium, launchChromium } from '../../support/chromium.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { change } from '../../support/stored.ts'
import { Upstream } from '../../support/upstream.ts'
import { summaryOf } from '../events/counted-events.ts'
import { startCounting } from '../events/counting-relay.ts'
import { payloadWith } from '../events/forwarding-relay.ts'
import { startEventsUpstream } from '../events/upstream-service.ts'
import { EVENT_DEFAULTS } from '../starting.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const WELL = { name: 'production', sdkKey: 'sdk-production-51f0' }
const OTHER = { name: 'staging', sdkKey: 'sdk-staging-77a2' }

/** Names of environments and flags from an attacker: markup, and text that displays backwards. */
const HOSTILE = '<img src=x onerror="document.title=\'owned\'">'
const BACKWARDS = 'safe\u202egnp.exe'

async function serving(...environments: readonly EnvironmentConfig[]): Promise<Upstream> {
  const upstream = new Upstream()
  for (const { sdkKey } of environments) upstream.hold(sdkKey, [change('a', 1, true), change('b', 1, true)])
  await upstream.start()
  onTestFinished(() => upstream.kill())
  return upstream
}

function configOf(upstream: Upstream, environments: readonly EnvironmentConfig[]): RelayConfig {
  return relayConfig({ endpoints: upstream.endpoints, environments, initTimeoutMs: 2_000 })
}

/** Retries quickly after a failure. */
const QUICK_RECOVERY = { ...DEFAULT_TIMINGS, recoveryMs: 100, pollIntervalMs: 25, initialReconnectDelayMs: 5 }

async function start(config: RelayConfig, options: RelayServerOptions = {}): Promise<RelayServer> {
  const relay = await startRelayServer(config, { logger: silent, ...options })
  onTestFinished(() => relay.close())
  await relay.started
  return relay
}

describeWithChromium('the page of a relay in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** Opens the page, and collects console messages, errors, and requests to other hosts. */
  async function open(
    { url }: RelayServer,
    { clock, ...options }: BrowserContextOptions & { readonly clock?: Date } = {},
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    if (clock) await page.clock.install({ time: clock })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
        complaints.push(request.url())
    })
    await page.goto(url)
    await page.locator('.environment').first().waitFor()
    return { page, complaints }
  }

  const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText()
  /** Opens the details of an environment, unless they are open. */
  async function openDetails(page: Page, environment: string): Promise<void> {
    const toggle = page.getByRole('button', { name: environment, exact: true })
    const isClosed = (await toggle.count()) > 0 && (await toggle.getAttribute('aria-expanded')) === 'false'
    if (isClosed) await toggle.click()
    await page.locator('.facts dd').first().waitFor()
  }
  /** Returns the value of a fact in the details of an environment. */
  async function fact(page: Page, environment: string, name: string): Promise<string> {
    await openDetails(page, environment)
    return page
      .getByRole('group', { name: environment, exact: true })
      .locator('.facts div', { has: page.getByText(name, { exact: true }) })
      .locator('dd')
      .innerText()
  }
  const isDisconnected = (page: Page): Promise<boolean> => page.locator('#disconnected').isVisible()

  it('(S113) shows the state of each environment, without errors in the console', async () => {
    const upstream = await serving(WELL, OTHER)
    const relay = await start(configOf(upstream, [WELL, OTHER]))
    const client = createClient(WELL.sdkKey, {
      dataSystem: presets.streaming(),
      endpoints: { polling: relay.url, streaming: relay.url },
      logger: silent,
    })
    onTestFinished(() => client.close())
    await client.waitForInitialization()
    const { page, complaints } = await open(relay)
    await expect.poll(() => text(page, '#connection')).toBe('Connected')
    await expect.poll(() => page.title()).toBe('All 2 environments are live – Halyard relay')
    await expect.poll(() => text(page, 'h1')).toBe('All 2 environments are live')
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['production', 'staging'])
    await expect.poll(() => page.locator('.badge').allInnerTexts()).toEqual(['Live', 'Live'])
    await openDetails(page, 'production')
    await expect.poll(() => text(page, '.key')).toBe('***-**********-51f0')
    await expect.poll(() => fact(page, 'production', 'Serves')).toMatch(/^live data, confirmed \d+ s ago$/)
    await expect
      .poll(() => fact(page, 'production', 'Source'))
      .toMatch(/^valid for \d+ s\nstreaming, since \d\d:\d\d:\d\d$/)
    await expect.poll(() => fact(page, 'production', 'Holds')).toBe('2 flags, 0 segments')
    await expect
      .poll(() => fact(page, 'production', 'Clients'))
      .toMatch(/^1 FDv2 stream\s*halyard\S* 0\.1\.0 \(1\)$/i)
    await expect
      .poll(() => fact(page, 'production', 'Traffic'))
      .toMatch(/^\d+ B sent, 0 B saved\n0 deltas, 1 full payload,/)
    await expect.poll(() => text(page, '.totals')).toMatch(/Clients\s+1 FDv2 stream\s+Bytes sent\s+\d+ B/)
    await expect.poll(() => text(page, '.changes li')).toMatch(/^\d\d:\d\d:\d\d\s+full payload: 2 items$/)
    await expect.poll(() => page.locator('dt', { hasText: 'Last error' }).first().isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('(RE6.1) shows the events of an environment, if they are forwarded', async () => {
    const upstream = await serving(WELL)
    const service = await startEventsUpstream()
    const events = { ...EVENT_DEFAULTS, send: true, url: service.url }
    const relay = await start({ ...configOf(upstream, [WELL]), events })
    const headers = { authorization: WELL.sdkKey, 'x-launchdarkly-event-schema': '4' }
    const post = (body: string): Promise<Response> =>
      fetch(`${relay.url}/bulk`, { method: 'POST', headers, body })
    await post(payloadWith(1_200))
    await post('nonsense')
    const { page, complaints } = await open(relay)
    await expect
      .poll(() => fact(page, 'production', 'Events'))
      .toBe('1,201 received, 1,200 forwarded, 1 invalid')
    service.otherwise = 401
    await post(payloadWith(3))
    await expect
      .poll(() => fact(page, 'production', 'Events'))
      .toMatch(
        /^1,204 received, 1,200 forwarded, 3 lost, 1 invalid, refused by the service\nthe server .*401/,
      )
    expect(complaints).toEqual([])
  })

  it('(RE8.17) shows the evaluations of an environment whose flags come from a file', async () => {
    const { relay, post, usage } = await startCounting()
    const features = summaryOf({
      checkout: [{ variation: 1, version: 1, count: 1_200 }],
      'a<b>\u202e': [{ unknown: true, count: 3 }],
    })
    await post('/bulk', JSON.stringify([features]))
    await expect.poll(() => usage().evaluations).toBe(1_203)
    const { page, complaints } = await open(relay)
    await expect
      .poll(() => fact(page, 'test', 'Events'))
      .toMatch(/^1 received, 1,203 evaluations, 3 of unknown flags\nUnknown: a<b>.+ \(3\)$/)
    expect(complaints).toEqual([])
  })

  it('(S209.1) shows further keys, masked, and when they expire', async () => {
    const moreSdkKeys = [
      { value: 'sdk-former-0c1d', until: Date.now() + 7_500_000 },
      { value: 'sdk-next-9e8f' },
    ]
    const environment = { ...WELL, moreSdkKeys, moreMobileKeys: [{ value: 'mob-former-2b3c' }] }
    const upstream = await serving(WELL, OTHER)
    const relay = await start(configOf(upstream, [environment, OTHER]))
    const { page, complaints } = await open(relay)
    await expect
      .poll(() => fact(page, 'production', 'More keys'))
      .toBe('SDK key ***-******-0c1d expires in 2 h, SDK key ***-****-9e8f, mobile key ***-******-2b3c')
    await openDetails(page, 'staging')
    const others = page.getByRole('group', { name: 'staging' })
    await expect.poll(() => others.locator('dt', { hasText: 'More keys' }).isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('(S213.1) shows the page on the port of operators after a login, and follows its events', async () => {
    const upstream = await serving(WELL)
    const adminLogin = { username: 'ops', password: 'secret' }
    const config = { ...configOf(upstream, [WELL]), admin: { port: 0 }, adminLogin }
    const relay = await start(config)
    const { page } = await open({ ...relay, url: String(relay.adminUrl) }, { httpCredentials: adminLogin })
    await expect.poll(() => text(page, '#connection')).toBe('Connected')
    await expect.poll(() => fact(page, 'production', 'Holds')).toBe('2 flags, 0 segments')
    upstream.change(WELL.sdkKey, change('c', 2, true))
    await expect.poll(() => fact(page, 'production', 'Holds')).toBe('3 flags, 0 segments')
  })

  it('(S113) updates ages between messages, by the clock of the relay', async () => {
    // The relay's clock stands still, so the page receives the view once, and only the page's clock moves on.
    const relay = await start(configOf(await serving(WELL), [WELL]), { clock: new VirtualClock() })
    const { page } = await open(relay, { clock: new Date('2001-02-03T04:05:06Z') })
    const age = async (): Promise<number> =>
      Number(/^valid for (\d+) s/.exec(await fact(page, 'production', 'Source'))?.[1])
    const before = await age()
    await page.clock.fastForward(12_000)
    await expect.poll(() => age()).toBeGreaterThanOrEqual(before + 12)
  })

  it('(S113) shows a change at once, and leaves an open list of earlier changes open', async () => {
    const upstream = await serving(WELL)
    const { page } = await open(await start(configOf(upstream, [WELL])))
    for (let version = 2; version <= 6; version++) {
      upstream.change(WELL.sdkKey, change(`flag-${version}`, version, true))
    }
    await expect.poll(() => text(page, 'summary')).toBe('2 earlier changes')
    await page.locator('h1, .key bdi').evaluateAll((elements) => {
      for (const element of elements) element.classList.add('marked')
    })
    await page.locator('summary').focus()
    await page.keyboard.press('Enter')
    upstream.change(WELL.sdkKey, change('checkout', 2, true), {
      op: 'delete',
      kind: 'flag',
      key: 'b',
      version: 2,
    })
    await expect.poll(() => text(page, '.changes li')).toMatch(/flag checkout, flag b, 1 deleted$/)
    await expect.poll(() => page.locator('.fresh').count()).toBe(1)
    await expect.poll(() => page.locator('summary').innerText()).toBe('3 earlier changes')
    await expect.poll(() => page.locator('details').getAttribute('open')).toBe('')
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('SUMMARY')
    await expect.poll(() => fact(page, 'production', 'Holds')).toBe('7 flags, 0 segments')
    // Unchanged elements are not replaced, so that screen readers do not repeat them and selections stay.
    await expect.poll(() => page.locator('.marked').count()).toBe(2)
  })

  it('(S115) shows an outage with its error and the next attempt, and then the recovery', async () => {
    const upstream = await serving(WELL, OTHER)
    const relay = await start(configOf(upstream, [WELL, OTHER]), { common: { timings: QUICK_RECOVERY } })
    const { page, complaints } = await open(relay)
    upstream.down(OTHER.sdkKey)
    await expect
      .poll(() => text(page, 'h1'))
      .toBe('1 of 2 environments is interrupted: the service answers 503')
    await expect
      .poll(() => page.locator('.badge').allInnerTexts())
      .toEqual(['Interrupted the service answers 503', 'Live'])
    await expect
      .poll(() => fact(page, 'staging', 'Serves'))
      .toMatch(/^the last data received, confirmed \d+ s ago$/)
    await expect
      .poll(() => fact(page, 'staging', 'Source'))
      .toMatch(/^interrupted for \d+ s, next attempt (in|now)/)
    await expect.poll(() => fact(page, 'staging', 'Last error')).toMatch(/503\n\w+, \d+ s ago$/)
    await upstream.kill()
    await expect.poll(() => text(page, 'h1')).toMatch(/^All 2 environments are interrupted/)
    upstream.up(OTHER.sdkKey)
    await upstream.start()
    await expect.poll(() => text(page, 'h1')).toBe('All 2 environments are live')
    expect(complaints).toEqual([])
  })

  it('(S115) shows that the connection to the relay is lost, and reconnects', async () => {
    const upstream = await serving(WELL)
    const config = configOf(upstream, [WELL])
    const first = await startRelayServer(config, { logger: silent })
    await first.started
    const { page } = await open(first)
    await first.close()
    await expect.poll(() => isDisconnected(page)).toBe(true)
    await expect
      .poll(() => text(page, '#disconnected'))
      .toMatch(
        /^No connection to the relay. This page shows the state at \d\d:\d\d:\d\d. Reconnecting automatically.$/,
      )
    await expect.poll(() => page.locator('#disconnected').getAttribute('role')).toBe('alert')
    expect([await page.title(), await text(page, '#connection')]).toEqual([
      'Not connected – Halyard relay',
      'Not connected',
    ])
    await start({ ...config, port: Number(new URL(first.url).port), environments: [WELL, OTHER] })
    await expect.poll(() => isDisconnected(page)).toBe(false)
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['staging', 'production'])
    await expect.poll(() => page.title()).toMatch(/^1 of 2 environments has nothing to serve/)
  })

  it('(S115) treats a silent relay as disconnected, and stops ages until it is back', async () => {
    const upstream = await serving(WELL)
    const relay = await start(configOf(upstream, [WELL]))
    const { page } = await open(relay, { clock: new Date() })
    await page.route('**/status/events', (route) => route.abort())
    // The clock of the page runs ahead, and the relay has nothing to send.
    await page.clock.fastForward(17_000)
    await expect.poll(() => isDisconnected(page)).toBe(true)
    const source = await fact(page, 'production', 'Source')
    await page.clock.fastForward(60_000)
    expect([await isDisconnected(page), await fact(page, 'production', 'Source')]).toEqual([true, source])
    await page.unroute('**/status/events')
    await page.clock.fastForward(3_000)
    await expect.poll(() => isDisconnected(page)).toBe(false)
  })

  it('(S93) shows environments that a reload adds, and removes those that it removes', async () => {
    const upstream = await serving(WELL, OTHER)
    const relay = await start(configOf(upstream, [WELL]))
    const { page } = await open(relay)
    await relay.reload(configOf(upstream, [WELL, OTHER]))
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['production', 'staging'])
    await relay.reload(configOf(upstream, [OTHER]))
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['staging'])
  })

  it('(PG1) a link selects the open environment and the filter, and the way back closes it', async () => {
    const upstream = await serving(WELL, OTHER)
    const relay = await start(configOf(upstream, [WELL, OTHER]))
    const { page } = await open({ ...relay, url: `${relay.url}/#/env/staging?q=stag` })
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['staging'])
    await expect.poll(() => fact(page, 'staging', 'Holds')).toBe('2 flags, 0 segments')
    await page.getByRole('searchbox').fill('')
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual(['production', 'staging'])
    await openDetails(page, 'production')
    expect(page.url()).toMatch(/#\/env\/production$/)
    await page.goBack()
    expect(page.url()).toMatch(/#\/env\/staging$/)
    await expect.poll(() => page.locator('[aria-expanded=true]').allInnerTexts()).toEqual(['staging'])
  })

  it('(S113) shows names as text: markup has no effect, and control characters are escaped', async () => {
    const hostile = { name: HOSTILE, sdkKey: 'sdk-hostile-0001' }
    const backwards = { name: BACKWARDS, sdkKey: 'sdk-backwards-0002' }
    const upstream = await serving(hostile, backwards)
    const { page, complaints } = await open(await start(configOf(upstream, [hostile, backwards])))
    await openDetails(page, HOSTILE)
    upstream.change(
      hostile.sdkKey,
      put('<script>alert(1)</script>'),
      put(BACKWARDS),
      put(''),
      put('__proto__'),
    )
    await expect
      .poll(() => text(page, '.changes li'))
      .toMatch(/flag <script>alert\(1\)<\/script>, flag safe\\u\{202e\}gnp\.exe, flag "", flag __proto__$/)
    await expect.poll(() => page.locator('h2').allInnerTexts()).toEqual([HOSTILE, 'safe\\u{202e}gnp.exe'])
    upstream.down(hostile.sdkKey)
    await expect.poll(() => text(page, '[data-tone=warning] h2')).toBe(HOSTILE)
    await expect.poll(() => page.locator('img, body script:not([type="module"])').count()).toBe(0)
    await expect
      .poll(() => page.title())
      .toBe('1 of 2 environments is interrupted: the service answers 503 – Halyard relay')
    expect(complaints).toEqual([])
  })

  it('(S113) the policy forbids HTML from strings and requests to other hosts', async () => {
    const { page } = await open(await start(configOf(await serving(WELL), [WELL])))
    const refused = await page.evaluate(async () => {
      const errors: string[] = []
      try {
        document.body.innerHTML = '<p>markup</p>'
      } catch (error) {
        errors.push((error as Error).name)
      }
      await fetch('http://127.0.0.1:9/').catch((error: Error) => errors.push(error.name))
      return errors
    })
    expect(refused).toEqual(['TypeError', 'TypeError'])
    await expect.poll(() => page.locator('.environment').count()).toBe(1)
  })

  it.each([360, 1280])('(S113) fits a screen of %d px, even with the longest keys', async (width) => {
    const long = { name: `${'a-very-long-name'.repeat(12)}`, sdkKey: `sdk-${'0'.repeat(60)}-beef` }
    const upstream = await serving(long)
    const { page } = await open(await start(configOf(upstream, [long])), {
      viewport: { width, height: 800 },
    })
    upstream.change(long.sdkKey, put('checkout'.repeat(32)))
    await expect.poll(() => text(page, '.changes li')).toContain('checkoutcheckout')
    upstream.down(long.sdkKey)
    await expect.poll(() => text(page, 'h1')).toBe('The environment is interrupted: the service answers 503')
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const beyond = await page.evaluate(() =>
      [...document.querySelectorAll('body *')].filter((element) => {
        const { left, right } = element.getBoundingClientRect()
        return left < 0 || right > innerWidth
      }),
    )
    expect(beyond).toEqual([])
  })

  it.each(['light', 'dark'] as const)(
    '(S113) all text has sufficient contrast in the %s scheme',
    async (colorScheme) => {
      const upstream = await serving(WELL, OTHER)
      const relay = await start(
        configOf(upstream, [WELL, OTHER, { name: 'empty', sdkKey: 'sdk-unknown-0000' }]),
      )
      const { page } = await open(relay, { colorScheme })
      upstream.down(OTHER.sdkKey)
      await expect
        .poll(() => page.locator('.badge').allInnerTexts())
        .toEqual(['Nothing key refused (401)', 'Interrupted the service answers 503', 'Live'])
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(luminance(background) > 0.5).toBe(colorScheme === 'light')
      const pairs = await page.evaluate(() => {
        const backgroundOf = (element: Element | null): string => {
          const background = element ? getComputedStyle(element).backgroundColor : 'rgb(255, 255, 255)'
          return background === 'rgba(0, 0, 0, 0)' ? backgroundOf(element?.parentElement ?? null) : background
        }
        return [...document.querySelectorAll('h1, h2, h3, p, dt, dd, small, time, bdi, a, summary, li')].map(
          (element) => ({
            text: element.textContent,
            colours: [getComputedStyle(element).color, backgroundOf(element)] as const,
          }),
        )
      })
      expect(pairs.length).toBeGreaterThan(40)
      expect(pairs.filter(({ colours }) => contrast(...colours) < 4.5)).toEqual([])
    },
  )

  it('(S113) links to /status if the browser has no JavaScript', async () => {
    const relay = await start(configOf(await serving(WELL), [WELL]))
    const context = await browser.newContext({ javaScriptEnabled: false })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(relay.url)
    await expect
      .poll(() => page.locator('noscript').innerText())
      .toContain('/status has the same data as JSON')
  })
})

/** Returns the contrast ratio of WCAG: 1 for equal colours, 21 for black on white. */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [...colour.matchAll(/\d+/g)].map(([channel]) => {
    const share = Number(channel) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
