import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { Change } from '../../../src/model/change-set.ts'
import { startRelayServer } from '../../../src/relay/relay.ts'
import { describeWithChromium, launchChromium } from '../../support/chromium.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { change } from '../../support/stored.ts'
import { Upstream } from '../../support/upstream.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const SDK_KEY = 'sdk-production-51f0'
const HOSTILE = '<img src=x onerror="document.title=\'owned\'">'
const BACKWARDS = 'safe\u202egnp.exe'

const BETA: Change = {
  op: 'put',
  kind: 'segment',
  key: 'beta',
  version: 3,
  object: { key: 'beta', version: 3, included: ['bob'], rules: [] },
}

const FLAGS: readonly Change[] = [
  change('banner', 1, 'hello', { on: false, offVariation: 0 }),
  change('base', 1, true),
  change('checkout', 1, true, {
    variations: [true, false],
    offVariation: 1,
    salt: 's',
    prerequisites: [{ key: 'base', variation: 0 }],
    rules: [
      { clauses: [{ attribute: 'email', op: 'endsWith', values: ['@example.com'] }], variation: 0 },
      { clauses: [{ attribute: 'key', op: 'segmentMatch', values: ['beta'] }], variation: 1 },
    ],
    fallthrough: {
      rollout: {
        variations: [
          { variation: 0, weight: 20_000 },
          { variation: 1, weight: 80_000 },
        ],
      },
    },
  }),
  change('limit', 1, 5),
  BETA,
]

interface Names {
  /** The names of the environments. */
  readonly names?: readonly string[]
}

const flagsNamed = (count: number): readonly Change[] =>
  Array.from({ length: count }, (_, index) => put(`flag-${String(index).padStart(6, '0')}`))

describeWithChromium('the flags on the page of a relay in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** Opens the page of a relay with these flags in each environment, at a path below the flags of the first one. */
  async function open(changes: readonly Change[], path = '', options: BrowserContextOptions & Names = {}) {
    const { names = ['production'] } = options
    const environments = names.map((name) => ({ name, sdkKey: `sdk-${name}-51f0` }))
    const upstream = new Upstream()
    for (const { sdkKey } of environments) upstream.hold(sdkKey, changes)
    await upstream.start()
    onTestFinished(() => upstream.kill())
    const config = relayConfig({ endpoints: upstream.endpoints, environments, initTimeoutMs: 60_000 })
    const relay = await startRelayServer(config, { logger: silent })
    onTestFinished(() => relay.close())
    await relay.started
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${relay.url}/#/env/production/flags${path}`)
    await page.locator('.flag-row, .flag-title bdi').first().waitFor()
    return { page, complaints, change: (...list: readonly Change[]) => upstream.change(SDK_KEY, ...list) }
  }

  const keys = (page: Page): Promise<readonly string[]> => page.locator('.flag-name').allInnerTexts()
  const count = (page: Page): Promise<string> => page.locator('.flag-count').innerText()
  const part = (page: Page, heading: string) =>
    page.locator('section', { has: page.getByRole('heading', { name: heading, exact: true }) })

  it('(PG26.1) lists the flags, and searches and filters them, also by a link', async () => {
    const { page, complaints } = await open(FLAGS)
    await expect.poll(() => keys(page)).toEqual(['banner', 'base', 'checkout', 'limit'])
    await expect.poll(() => page.title()).toBe('Flags of production – Halyard relay')
    await expect
      .poll(() => page.locator('.flag-row').nth(2).innerText())
      .toMatch(/^checkout\s+On\s*boolean\s+1 prerequisite, 2 rules, otherwise 20% true and 80% false\s+v1$/)
    await page.getByRole('searchbox').fill('EXAMPLE.com')
    await expect.poll(() => keys(page)).toEqual(['checkout'])
    await expect.poll(() => page.locator('.flag-found').first().innerText()).toBe('Contains @example.com')
    await expect.poll(() => count(page)).toBe('1 flag of 4')
    expect(new URL(page.url()).hash).toBe('#/env/production/flags?q=EXAMPLE.com')
    await page.getByRole('searchbox').fill('')
    await page.getByLabel('State').selectOption('off')
    await expect.poll(() => keys(page)).toEqual(['banner'])
    await page.reload()
    await expect.poll(() => keys(page)).toEqual(['banner'])
    await page.getByLabel('Show').selectOption('segment')
    await expect.poll(() => keys(page)).toEqual(['beta'])
    await expect.poll(() => page.getByLabel('State').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('(PG26.1) is reached from the overview, and leads back to it', async () => {
    const { page, complaints } = await open(FLAGS)
    await page.getByRole('link', { name: 'production' }).click()
    await page.getByRole('link', { name: 'Flags', exact: true }).click()
    await page.getByRole('link', { name: 'checkout', exact: true }).click()
    await expect.poll(() => page.title()).toBe('checkout in production – Halyard relay')
    await page.goBack()
    await expect.poll(() => keys(page)).toHaveLength(4)
    await page.getByRole('link', { name: 'Overview' }).click()
    await page.locator('.environment').waitFor()
    expect(complaints).toEqual([])
  })

  it('(PG22.1) shows the targeting of a flag in words, with links, and what uses it', async () => {
    const { page, complaints } = await open(FLAGS, '/checkout')
    await expect
      .poll(() => part(page, 'Targeting').locator('li').allInnerTexts())
      .toEqual([
        expect.stringMatching(/^Off\s+While the flag is off, everyone → variation 1 \(false\)\./),
        expect.stringMatching(/^Requires\s+Flag base must be on with variation 0 \(true\)/),
        expect.stringMatching(/^Rule 1\s+If email ends with "@example.com" → variation 0 \(true\)\.$/),
        expect.stringMatching(/^Rule 2\s+If the context is in segment beta → variation 1 \(false\)\.$/),
        expect.stringMatching(
          /^Default\s+Everyone else → 20% variation 0 \(true\), 80% variation 1 \(false\), split by key\.$/,
        ),
      ])
    await expect.poll(() => page.locator('.flag-about').innerText()).toBe('On · boolean · version 1')
    await part(page, 'Targeting').getByRole('link', { name: 'beta' }).click()
    await expect.poll(() => page.locator('.flag-about').innerText()).toBe('Segment · version 3')
    await part(page, 'Used by').getByRole('link', { name: 'checkout' }).click()
    await expect.poll(() => page.locator('.flag-title').innerText()).toBe('checkout')
    await page.getByText('JSON', { exact: true }).click()
    expect(JSON.parse(await page.locator('.flag-json').innerText())).toMatchObject({ key: 'checkout' })
    expect(complaints).toEqual([])
  })

  it('(PG26.2) shows a change of the open flag with old and new value, and keeps form, focus and scroll position', async () => {
    const { page, complaints, change: publish } = await open(FLAGS, '/limit')
    const form = page.getByRole('textbox', { name: 'Context' })
    await form.fill('{"kind":"user","key":"half')
    await page.evaluate(() => scrollTo(0, 120))
    const scrolled = await page.evaluate(() => scrollY)
    publish(change('limit', 2, 6))
    await expect
      .poll(() => part(page, 'Last changes').textContent())
      .toMatch(/Changed, version 1 → 2variations\[0\]: from 5 → to 6$/)
    await expect.poll(() => page.locator('.flag-about').innerText()).toBe('On · number · version 2')
    await expect.poll(() => form.inputValue()).toBe('{"kind":"user","key":"half')
    await expect.poll(() => form.evaluate((element) => element === document.activeElement)).toBe(true)
    await expect.poll(() => page.evaluate(() => scrollY)).toBe(scrolled)
    publish({ op: 'delete', kind: 'flag', key: 'limit', version: 3 })
    await expect
      .poll(() => page.locator('.note').innerText())
      .toBe('It was deleted. Its last changes are still known.')
    await expect.poll(() => part(page, 'Last changes').innerText()).toContain('Deleted, version 2')
    expect(complaints).toEqual([])
  })

  it('(PG26.2) updates the open list, and keeps the focus on a row that moves', async () => {
    const { page, change: publish } = await open(FLAGS)
    const link = page.getByRole('link', { name: 'limit', exact: true })
    await link.focus()
    publish(change('aaa', 1, true), change('limit', 2, 7))
    await expect.poll(() => keys(page)).toEqual(['aaa', 'banner', 'base', 'checkout', 'limit'])
    await expect
      .poll(() => page.locator('.flag-row').last().innerText())
      .toMatch(/7 for everyone\s+v2 · changed \d+ s ago$/)
    await expect.poll(() => link.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.flag-title').innerText()).toBe('limit')
  })

  it('(PG25.1) explains an evaluation with the keyboard, and again after a change', async () => {
    const { page, complaints, change: publish } = await open(FLAGS, '/checkout')
    const form = page.getByRole('textbox', { name: 'Context' })
    await form.fill('{"kind":"user","key":"bob","email":"bob@test.org"}')
    await page.keyboard.press('Control+Enter')
    const result = page.locator('.explanation-result')
    await expect.poll(() => result.innerText()).toBe('Serves variation 1 (false), because rule 2 matches.')
    await expect
      .poll(() => page.locator('.decides > .explanation-line').allInnerTexts())
      .toEqual([expect.stringMatching(/Rule 2 matches\.\s*This decides$/)])
    const lines = await page.locator('.explanation-line').allTextContents()
    expect(lines.join('\n')).toMatch(/No: email ends with "@example.com" – the context has "bob@test.org"/)
    expect(lines.join('\n')).toMatch(/Not evaluated: The default rule was not reached/)
    publish({ ...BETA, version: 4, object: { key: 'beta', version: 4, included: [], rules: [] } })
    await expect.poll(() => result.innerText()).toMatch(/because the default rule applies/)
    await expect
      .poll(() => page.locator('.explanation-line').last().innerText())
      .toMatch(/which has the bucket|80%/)
    expect(complaints).toEqual([])
  })

  it('(PG26.3) shows a mistake in the context beside the field, and keeps the context for the next flag', async () => {
    const { page } = await open(FLAGS, '/checkout')
    const form = page.getByRole('textbox', { name: 'Context' })
    const problem = page.getByRole('alert').filter({ visible: true })
    await form.fill('{"kind": user}')
    await page.getByRole('button', { name: 'Explain' }).click()
    await expect.poll(() => problem.innerText()).toMatch(/^This is not JSON: /)
    await expect.poll(() => form.getAttribute('aria-invalid')).toBe('true')
    await form.fill('{"kind":"user"}')
    await page.getByRole('button', { name: 'Explain' }).click()
    await expect.poll(() => problem.innerText()).toBe('The key of the user is not a string, or is empty')
    await form.fill('{"kind":"user","key":"ann"}')
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.locator('.explanation').waitFor()
    await expect.poll(() => problem.count()).toBe(0)
    expect(page.url()).not.toContain('ann')
    await part(page, 'Targeting').getByRole('link', { name: 'base' }).click()
    await expect.poll(() => page.locator('.flag-title').innerText()).toBe('base')
    await expect.poll(() => form.inputValue()).toBe('{"kind":"user","key":"ann"}')
    await expect.poll(() => page.locator('.explanation').count()).toBe(0)
  })

  it('(PG25.2) shows the values of all flags for a context in the list, and removes them', async () => {
    const { page, complaints } = await open(FLAGS)
    const summaries = (): Promise<readonly string[]> => page.locator('.flag-summary').allInnerTexts()
    const before = await summaries()
    await page.getByText('Evaluate all flags for a context').click()
    await page.getByRole('textbox', { name: 'Context' }).fill('{"kind":"user","key":"bob"}')
    await page.getByRole('button', { name: 'Evaluate' }).click()
    const values = [
      '"hello", because the flag is off',
      'true, because the default rule applies',
      'false, because rule 2 matches',
      '5, because the default rule applies',
    ]
    await expect.poll(summaries).toEqual(values)
    await page.getByRole('searchbox').fill('limit')
    await expect.poll(summaries).toEqual(values.slice(3))
    await page.getByRole('searchbox').fill('')
    await expect.poll(summaries).toEqual(values)
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect.poll(summaries).toEqual(before)
    expect(complaints).toEqual([])
  })

  it.each([5_000, 100_000])('(PG26.1) pages through %d flags', async (total) => {
    const { page, complaints } = await open(flagsNamed(total))
    const all = total.toLocaleString('en')
    await expect.poll(() => count(page)).toBe(`1–50 of ${all} flags`)
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect.poll(() => count(page)).toBe(`51–100 of ${all} flags`)
    expect((await keys(page))[0]).toBe('flag-000050')
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent?.slice(0, 20)))
      .toBe('flag-000050')
    await expect.poll(() => page.locator('.flag-row').count()).toBe(50)
    await page.getByRole('searchbox').fill('G-004299')
    await expect.poll(() => keys(page)).toEqual(['flag-004299'])
    expect(complaints).toEqual([])
  })

  it('(PG26.4) shows hostile keys and values as text', async () => {
    const value = { [HOSTILE]: BACKWARDS }
    const hostile = [HOSTILE, BACKWARDS, '__proto__', 'a/b?c#d', '\u05d0\u05d1', 'x'.repeat(300)]
    const { page, complaints } = await open(hostile.map((key) => change(key, 1, value)))
    expect((await keys(page)).toSorted()).toEqual(
      [HOSTILE, 'safe\\u{202e}gnp.exe', '__proto__', 'a/b?c#d', '\u05d0\u05d1', 'x'.repeat(300)].toSorted(),
    )
    for (const key of ['safe\\u{202e}gnp.exe', HOSTILE, 'a/b?c#d']) {
      await page.getByRole('link', { name: key, exact: true }).click()
      await expect.poll(() => page.locator('.flag-title').innerText()).toBe(key)
      await expect.poll(() => part(page, 'Targeting').innerText()).toContain('safe\\u{202e}gnp.exe')
      await page.getByRole('button', { name: 'Explain' }).click()
      await page.locator('.explanation').waitFor()
      await page.goBack()
      await expect.poll(() => keys(page)).toHaveLength(6)
    }
    await expect.poll(() => page.locator('img, body script:not([type="module"])').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('(PG26.1) states that a flag, or an environment, does not exist, and shows it as soon as it does', async () => {
    const { page, change: publish } = await open(FLAGS, '/nothing')
    const note = page.locator('.note').filter({ visible: true })
    await expect.poll(() => note.innerText()).toBe('there is no flag with this key.')
    publish(change('nothing', 1, true))
    await expect.poll(() => part(page, 'Targeting').isVisible()).toBe(true)
    const goTo = (environment: string): Promise<void> =>
      page.evaluate((name) => {
        location.hash = `#/env/${name}/flags`
      }, environment)
    await goTo('production')
    await expect.poll(() => keys(page)).toHaveLength(5)
    await goTo('other')
    await expect.poll(() => note.innerText()).toBe('unknown environment')
    await expect.poll(() => keys(page)).toEqual([])
  })

  it('(PG26.2) loads the flags after a failure, with the next message of the relay', async () => {
    const { page } = await open(FLAGS, '?state=off')
    await page.route('**/page/flags?**', (route) => route.abort())
    await page.getByLabel('State').selectOption('')
    const note = page.locator('.note').filter({ visible: true })
    await expect.poll(() => note.innerText()).toBe('The relay did not answer.')
    await page.unroute('**/page/flags?**')
    await expect.poll(() => keys(page)).toHaveLength(4)
    await expect.poll(() => note.count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)(
    '(PG26.5) all text has sufficient contrast in the %s scheme',
    async (colorScheme) => {
      const { page, change: publish } = await open(FLAGS, '/checkout', {
        colorScheme,
        reducedMotion: 'reduce',
      })
      publish(change('checkout', 2, true, { offVariation: 0 }))
      await expect.poll(() => part(page, 'Last changes').textContent()).toContain('Changed')
      await page.getByRole('button', { name: 'Explain' }).click()
      await page.locator('.explanation').waitFor()
      const pairs = await coloursOf(page, '.flags *')
      expect(pairs.length).toBeGreaterThan(60)
      expect(pairs.filter(({ ratio }) => ratio < 4.5)).toEqual([])
    },
  )

  it('(PG26.6) shows nothing of another environment', async () => {
    const names = ['production', 'staging']
    const { page, complaints } = await open(FLAGS, '/checkout', { names })
    const goTo = (hash: string) => page.evaluate((to) => location.assign(to), hash)
    const segment = part(page, 'Targeting').getByRole('link', { name: 'beta' })
    expect(await segment.getAttribute('href')).toBe('#/env/production/flags/beta?kind=segment')
    await goTo('#/env/staging/flags/checkout')
    await expect.poll(() => segment.getAttribute('href')).toBe('#/env/staging/flags/beta?kind=segment')
    await goTo('#/env/staging/flags')
    await expect.poll(() => keys(page)).toHaveLength(4)
    expect(complaints).toEqual([])
    await goTo('#/env/removed/flags')
    await expect
      .poll(() => page.locator('.note').filter({ visible: true }).innerText())
      .toBe('unknown environment')
    expect(await page.locator('.flag-row').count()).toBe(0)
    expect(await count(page)).toBe('')
  })

  it('(PG26.4) escapes invisible characters in the whole value of an explanation', async () => {
    const { page } = await open([change('long', 1, BACKWARDS.repeat(20))], '/long')
    await page.getByRole('button', { name: 'Explain' }).click()
    await expect.poll(() => page.locator('.explanation .flag-json').innerText()).toContain('safe\\u{202e}gnp')
    expect(await page.locator('.explanation .flag-json').innerText()).not.toContain(BACKWARDS)
  })

  it.each([320, 1280])('(PG26.5) fits a screen of %d px', async (width) => {
    const long = change('x'.repeat(200), 1, 'y'.repeat(500), {
      rules: [
        { clauses: [{ attribute: 'z'.repeat(150), op: 'in', values: ['w'.repeat(300)] }], variation: 0 },
      ],
    })
    const { page } = await open([...FLAGS, long], '', { viewport: { width, height: 800 } })
    const widthOf = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth)
    await expect.poll(() => widthOf()).toBe(width)
    await page.getByRole('link', { name: /^x+$/ }).click()
    await page.getByRole('button', { name: 'Explain' }).click()
    await page.locator('.explanation').waitFor()
    await page.getByText('JSON', { exact: true }).click()
    await expect.poll(() => widthOf()).toBe(width)
  })
})

/** Returns the texts of elements with the contrast ratio of WCAG: 1 for equal colours, 21 for black on white. */
function coloursOf(page: Page, selector: string) {
  return page.locator(selector).evaluateAll((elements) => {
    const channels = (colour: string): number[] =>
      [...colour.matchAll(/[\d.]+/g)].map(([text]) => Number(text))
    const luminance = (colour: string): number => {
      const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
        const share = channel / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const backgroundOf = (element: Element | null): string => {
      const background = element ? getComputedStyle(element).backgroundColor : 'rgb(255, 255, 255)'
      return background === 'rgba(0, 0, 0, 0)' ? backgroundOf(element?.parentElement ?? null) : background
    }
    const isText = (element: Element): boolean =>
      [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      )
    return elements
      .filter((element) => element.checkVisibility() && isText(element))
      .map((element) => {
        const values = [getComputedStyle(element).color, backgroundOf(element)].map(luminance)
        const [dark = 0, light = 0] = values.sort((a, b) => a - b)
        return { text: element.textContent, ratio: (light + 0.05) / (dark + 0.05) }
      })
  })
}
