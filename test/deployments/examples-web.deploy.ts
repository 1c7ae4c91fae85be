import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { ADDRESS, Example } from './support/example.ts'

const SDK_KEY = 'sdk-secret-of-the-server'

describeWithChromium('the examples of web pages, in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  async function open(url: string): Promise<Page> {
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(url)
    return page
  }

  const shows = (page: Page, text: string): Promise<void> =>
    page.getByText(text, { exact: true }).waitFor({ timeout: 120_000 })

  describe('Next.js', () => {
    const example = new Example('nextjs')

    it('renders flags on the server, and shows changes in the browser without a reload', async () => {
      const flags = await example.startFlags()
      const env = { FLAGS_URL: flags.url, SDK_KEY }
      const built = await example.run('npm run build', env)
      expect(built.code, built.out + built.err).toBe(0)
      const server = example.start('npm start', { ...env, PORT: '0' })
      const url = (await server.seen(/http:\/\/localhost:\d+/)).replace('localhost', '127.0.0.1')
      await example.followConsole(url)

      const page = await open(`${url}/?user=ada`)
      await shows(page, 'the new checkout')
      await page.evaluate('globalThis.isSame = true')
      example.replace('flags.yaml', '[ada]', '[bob]')
      await shows(page, 'the old checkout')
      expect(await page.evaluate('globalThis.isSame')).toBe(true)
      expect(await page.content()).not.toContain(SDK_KEY)
      expect(await server.stop()).toBe(0)
      expect(await flags.program.stop()).toBe(0)
    })

    it('has one client in development, also after an edit', async () => {
      const flags = await example.startFlags()
      const server = example.start('npm run dev', { FLAGS_URL: flags.url, PORT: '0' })
      const url = await server.seen(/http:\/\/localhost:\d+/)
      const page = async (): Promise<string> => (await fetch(url)).text()
      expect(await page()).toContain('<h1>Ahoy</h1>')
      example.replace('app/page.tsx', '<main>', '<main data-edited>')
      example.replace('lib/flags.ts', '/** Returns the client', '/** An edit. Returns the client')
      await expect.poll(page).toContain('data-edited')
      const metrics = await (await fetch(`${flags.url}/metrics`)).text()
      expect(metrics).toMatch(/^halyard_relay_clients\{[^}]*protocol="fdv2"[^}]*\} 1$/m)
      expect(await server.stop()).toBe(0)
    })

    it('has neither the SDK key nor Halyard in the bundle of the browser', () => {
      const scripts = globSync('.next/static/**/*.js', { cwd: example.folder })
      const text = scripts.map((path) => readFileSync(join(example.folder, path), 'utf8')).join('\n')
      expect(text).toContain('the new checkout')
      for (const secret of [SDK_KEY, 'sdk-local', 'SDK_KEY', '/sdk/stream'])
        expect(text).not.toContain(secret)
    })
  })

  describe('React', () => {
    const example = new Example('react')

    it('shows a change of the relay without a reload', async () => {
      const flags = example.start('npm run flags', { PORT: '0' })
      const relay = await flags.seen(ADDRESS)
      const server = example.start(
        'npm run dev',
        { VITE_FLAGS_URL: relay },
        { args: '-- --port 0 --host 127.0.0.1' },
      )
      const page = await open(`${await server.seen(ADDRESS)}/?user=ada`)
      await shows(page, 'the new checkout')
      await page.evaluate('globalThis.isSame = true')
      example.replace('flags.yaml', '[ada]', '[bob]')
      await shows(page, 'the old checkout')
      expect(await page.evaluate('globalThis.isSame')).toBe(true)
      expect(await flags.stop()).toBe(0)
    })

    it('compiles and is bundled', async () => {
      const { code, out, err } = await example.run('npm run build')
      expect(code, out + err).toBe(0)
    })
  })
})
