import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { describeWithChromium, launchChromium } from '../../support/chromium.ts'
import { servePage } from './page-server.ts'
import { environmentView, sourceView } from './views.ts'

const STREAM = 'https://stream.launchdarkly.com'
const START = Date.now()

const REFUSED = {
  kind: 'network_error',
  message: 'no server listens at 127.0.0.1:1 (ECONNREFUSED)',
  at: START,
  source: 'streaming',
} as const

function live(name: string): EnvironmentView {
  return environmentView({ name, source: { ...sourceView('valid'), ageMs: 1_000 } })
}

function refused(name: string): EnvironmentView {
  const source = { ...sourceView('interrupted'), since: START, lastError: REFUSED, nextAttempt: START + 1e9 }
  return environmentView({ name, source })
}

function hanging(name: string): EnvironmentView {
  const source = { ...sourceView('interrupted'), since: START - 1_210_000 }
  return environmentView({ name, source, unanswered: { since: START - 1_210_000, address: STREAM } })
}

/** Returns environments with names that sort by number. */
function many(count: number, make: (name: string, index: number) => EnvironmentView): EnvironmentView[] {
  return Array.from({ length: count }, (_, index) => make(`env ${index + 1}`, index))
}

describeWithChromium('the overview of the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    page.on('pageerror', (error) => {
      throw error
    })
    await page.goto(url)
    await page.locator('.environment').first().waitFor()
    return page
  }

  const names = (page: Page): Promise<string[]> => page.locator('h2').allInnerTexts()
  const height = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight)
  const focused = (page: Page): Promise<string | undefined> =>
    page.evaluate(() => document.activeElement?.textContent ?? undefined)

  it('(PG4.1) lists the worst environments first, each group by name, in one row each', async () => {
    const { url } = await servePage([live('b 10'), live('b 9'), refused('z'), live('a'), hanging('y')])
    const page = await open(url)
    await expect.poll(() => names(page)).toEqual(['y', 'z', 'a', 'b 9', 'b 10'])
    await expect
      .poll(() => page.locator('.badge').first().innerText())
      .toMatch(/^Interrupted no answer for 20 min$/)
    await expect
      .poll(() => page.locator('h1').innerText())
      .toMatch(
        /^2 of 5 environments are interrupted: connection refused \(1\), no answer from stream.launchdarkly.com for 20 min \(1\)$/,
      )
    await expect.poll(() => page.locator('.details').count()).toBe(0)
  })

  it.each([
    ['all in order', live, 1_280, 2_200],
    ['all in order', live, 360, 3_800],
    ['all down', refused, 1_280, 2_300],
    ['all down', refused, 360, 5_000],
  ])('(PG4.2) a page of 200 environments, %s, stays short', async (_, make, width, limit) => {
    const { url } = await servePage(many(200, make))
    const page = await open(url, { viewport: { width, height: 800 } })
    await expect.poll(() => height(page)).toBeLessThan(limit)
    const failing = make === refused
    await expect
      .poll(() => page.locator('h1').innerText())
      .toBe(
        failing
          ? 'All 200 environments are interrupted: connection refused'
          : 'All 200 environments are live',
      )
  })

  it.each([200, 1_000])(
    '(PG4.2) of %d environments 50 are listed, and the others on request',
    async (count) => {
      const { url, change } = await servePage(many(count, live))
      const page = await open(url)
      await expect.poll(() => page.locator('.environment').count()).toBe(50)
      // An environment that fails is listed at once.
      change(many(count, (name, index) => (index === count - 1 ? refused(name) : live(name))))
      await expect.poll(async () => (await names(page))[0]).toBe(`env ${count}`)
      await expect.poll(() => page.locator('.environment').count()).toBe(50)
      await page.getByRole('button', { name: `Show ${(count - 50).toLocaleString('en')} more` }).click()
      await expect.poll(() => page.locator('.environment').count()).toBe(count)
      await expect.poll(() => focused(page)).toBe('env 50')
      await expect.poll(() => page.locator('.more').isVisible()).toBe(false)
    },
  )

  it('(PG4.3) filters by the words of the search, and by state', async () => {
    const { url } = await servePage([
      ...many(60, live),
      refused('shop production'),
      hanging('shop staging'),
      { ...live('hidden'), envId: '5f3c' },
    ])
    const page = await open(url)
    await page.keyboard.press('/')
    await page.keyboard.type('SHOP prod')
    await expect.poll(() => names(page)).toEqual(['shop production'])
    await page.getByRole('searchbox').fill('5f3c')
    await expect.poll(() => names(page)).toEqual(['hidden'])
    await page.getByRole('searchbox').fill('no answer')
    await expect.poll(() => names(page)).toEqual(['shop staging'])
    await page.getByRole('searchbox').fill('nothing like this')
    await expect.poll(() => page.locator('.note').innerText()).toBe('No environment matches the filter.')
    await page.getByRole('searchbox').fill('')
    await page.getByRole('button', { name: 'Degraded 2' }).click()
    await expect.poll(() => names(page)).toEqual(['shop production', 'shop staging'])
    expect(page.url()).toMatch(/#\/\?state=warning$/)
    await page.reload()
    await expect.poll(() => names(page)).toEqual(['shop production', 'shop staging'])
    await expect
      .poll(() => page.getByRole('button', { name: 'Degraded 2' }).getAttribute('aria-pressed'))
      .toBe('true')
  })

  it('(PG4.4) the only environment is open at once, without filter and button', async () => {
    const { url } = await servePage([live('production')])
    const page = await open(url)
    await page.locator('.facts dd').first().waitFor()
    await expect.poll(() => page.locator('.filter').isVisible()).toBe(false)
    await expect.poll(() => page.getByRole('button').count()).toBe(0)
    await expect.poll(() => page.getByRole('group', { name: 'production' }).count()).toBe(1)
  })

  it('(PG1) a link opens an environment that is not among the first, and reports an unknown one', async () => {
    const { url } = await servePage(many(200, live))
    const page = await open(`${url}/#/env/env%20199`)
    await page.locator('.facts dd').first().waitFor()
    await expect.poll(() => page.locator('.environment').count()).toBe(51)
    await expect
      .poll(() => page.getByRole('button', { name: 'env 199' }).getAttribute('aria-expanded'))
      .toBe('true')
    await page.goto(`${url}/#/env/gone`)
    await expect.poll(() => page.locator('.note').innerText()).toBe('There is no environment named gone.')
  })

  it('(PG5.1) works with the keyboard, and keeps the focus if rows move', async () => {
    const { url, change } = await servePage(many(5, live))
    const page = await open(url)
    await page.getByRole('button', { name: 'env 1' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => focused(page)).toBe('env 3')
    await page.keyboard.press('Enter')
    await page.locator('.facts dd').first().waitFor()
    await expect
      .poll(() => page.getByRole('button', { name: 'env 3' }).getAttribute('aria-expanded'))
      .toBe('true')
    change(many(5, (name, index) => (index === 2 ? refused(name) : live(name))))
    await expect.poll(() => names(page)).toEqual(['env 3', 'env 1', 'env 2', 'env 4', 'env 5'])
    await expect.poll(() => focused(page)).toBe('env 3')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.details').count()).toBe(0)
    await expect.poll(() => focused(page)).toBe('env 3')
  })

  it('(PG5.2) announces the headline when it changes, and nothing else', async () => {
    const { url, change } = await servePage(many(3, live))
    const page = await open(url)
    const region = page.getByRole('status')
    await expect.poll(() => region.textContent()).toBe('All 3 environments are live')
    await expect.poll(() => page.locator('[aria-live], [role=alert]:visible').count()).toBe(0)
    change(many(3, (name, index) => (index === 2 ? hanging(name) : live(name))))
    await expect.poll(() => region.textContent()).toBe('1 of 3 environments is interrupted: no answer')
  })

  it.each([1, 200])(
    '(PG5.3) %d environments fit a width of 320 px, as at a zoom of 400 %%',
    async (count) => {
      const { url } = await servePage(many(count, (name, index) => (index % 2 ? live(name) : hanging(name))))
      const page = await open(`${url}/#/env/env%201`, { viewport: { width: 320, height: 640 } })
      await page.locator('.facts dd').first().waitFor()
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    },
  )

  it('(PG6.1) counts clients by kind, those that poll included', async () => {
    const clients = { fdv2: 3, fdv1: 1, pings: 2, pollers: 5 }
    const { url } = await servePage([
      { ...live('a'), clients },
      { ...live('b'), clients },
    ])
    const page = await open(`${url}/#/env/a`)
    const total = '6 FDv2 streams, 2 FDv1 streams, 4 ping streams, about 10 pollers'
    await expect
      .poll(() => page.locator('.totals div', { hasText: 'Clients' }).locator('dd').innerText())
      .toBe(total)
    await expect
      .poll(() => page.locator('.environment .cells').first().innerText())
      .toMatch(/6 streams, 5 pollers/)
    await expect
      .poll(() => page.locator('.facts div', { hasText: 'Clients' }).locator('dd').innerText())
      .toBe('3 FDv2 streams, 1 FDv1 stream, 2 ping streams, about 5 pollers')
  })

  it('(PG6.2) the details name the service that does not answer', async () => {
    const { url } = await servePage([live('a'), hanging('b')])
    const page = await open(`${url}/#/env/b`)
    const fact = page.locator('.facts div', { hasText: 'Waiting' }).locator('dd')
    await expect
      .poll(() => fact.innerText())
      .toMatch(/^no answer from https:\/\/stream.launchdarkly.com for 20 min$/)
    await expect
      .poll(() => page.locator('.problems').innerText())
      .toBe('This environment has no connection to the service and serves the last data received.')
  })
})
