import type { Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithChromium, launchChromium } from '../../test/support/chromium.ts'
import { listSections } from '../pages.ts'
import { serveSite } from './serve.ts'

describeWithChromium('the site in a browser', () => {
  let browser: Browser
  let server: Server
  let url: string

  beforeAll(async () => {
    browser = await launchChromium()
    const site = await serveSite()
    server = site.server
    url = site.url
  })

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  it.each([
    ['redis prefix', /^\/(relay|stores|reference\/halyard\/redis)/],
    ['401', /^\/(failures|doctor|relay)/],
    ['rollout', /^\/(flag-file|explain)/],
    ['failover', /^\/(failures|failover-testing)/],
  ])('finds the page for "%s"', async (query, expected) => {
    const page = await browser.newPage()
    await page.goto(`${url}/`, { waitUntil: 'networkidle' })
    await page.locator('.VPNavBarSearch button').click()
    await page.locator('#localsearch-input').fill(query)
    const found = page.locator('#localsearch-list a.result')
    await found.first().waitFor()
    const links = await found.evaluateAll((elements) =>
      elements.map((element) => element.getAttribute('href') ?? ''),
    )
    expect(
      links.slice(0, 5).some((link) => expected.test(link)),
      links.join('\n'),
    ).toBe(true)
    await page.close()
  })

  it('makes no request to another host, and shows pages on a phone without sideways scrolling', async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } })
    const foreign: string[] = []
    const problems: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) foreign.push(request.url())
    })
    page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`))
    // Pages of one kind look alike, so two of each long section are enough.
    const targets = listSections().flatMap(({ section, pages }) =>
      (section.isLong ? pages.slice(0, 2) : pages).map((listed) => listed.target),
    )
    for (const target of [
      ...targets,
      'reference/halyard/index.md',
      'reference/halyard/interfaces/ClientOptions.md',
    ]) {
      await page.goto(`${url}/${target.replace(/\.md$/, '.html')}`, { waitUntil: 'load' })
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      if (width > 390) problems.push(`${target} is ${width} pixels wide`)
    }
    expect({ foreign, problems }).toEqual({ foreign: [], problems: [] })
  })

  it.each(['light', 'dark'] as const)(
    'shows pictures in the %s theme of the site, not of the system',
    async (theme) => {
      const shown = (['light', 'dark'] as const).map(async (colorScheme) => {
        const page = await browser.newPage({ colorScheme })
        await page.addInitScript((value) => localStorage.setItem('vitepress-theme-appearance', value), theme)
        await page.goto(`${url}/failures.html`, { waitUntil: 'networkidle' })
        return page.locator('.vp-doc img').first().screenshot()
      })
      const [light, dark] = await Promise.all(shown)
      expect(light?.equals(dark ?? new Uint8Array())).toBe(true)
    },
  )
})
