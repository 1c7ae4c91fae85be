import { execFileSync } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { installedFile } from './application.ts'

const FOLDER = join(import.meta.dirname, '../pages')

/** Settings of the SDK in a page. */
export interface PageSettings {
  /** The client-side ID or the mobile key. */
  readonly credential: string
  readonly context: object
  /** The address of the relay. */
  readonly url: string
  /** The hash of the context for secure mode. */
  readonly hash?: string
  readonly options?: object
}

/** A page whose script has created a client. */
export interface ClientPage {
  readonly page: Page
  /** The methods and paths of the requests to the relay, without queries. */
  readonly requests: readonly string[]
  /** Returns `ready` or `failed` when the initialization has ended. */
  readonly state: () => Promise<string>
  readonly value: (key: string) => Promise<unknown>
}

/** Bundles the script of a page with the SDK that it imports, or with the file that stands for a package. */
export function bundlePage(name: string, aliases: Readonly<Record<string, string>> = {}): string {
  const replaced = Object.entries(aliases).map(([from, to]) => `--alias:${from}=${to}`)
  return bundle(join(FOLDER, `${name}.js`), ['--format=iife', ...replaced])
}

function bundle(path: string, flags: readonly string[]): string {
  const define = '--define:process.env.NODE_ENV="production"'
  const args = [path, '--bundle', '--log-level=error', define, ...flags]
  const env = { ...process.env, NODE_PATH: installedFile('') }
  return execFileSync(installedFile('.bin/esbuild'), args, { env, encoding: 'utf8', maxBuffer: MAX_BYTES })
}

const MAX_BYTES = 64 * 1024 * 1024

/** Starts a server that ends with the test. Returns its origin. */
export async function startHttp(listener: RequestListener): Promise<string> {
  const http = createServer(listener)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

/** Starts a web site with an empty page. Returns its origin. */
export function startSite(): Promise<string> {
  return startHttp((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>site</title>')
  })
}

/** Opens a page of a site and runs the script in it. The page is closed with the test. */
export async function openPage(
  browser: Browser,
  origin: string,
  { script, settings }: { readonly script: string; readonly settings: PageSettings },
): Promise<ClientPage> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const requests: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(settings.url)) return
    requests.push(`${request.method()} ${new URL(request.url()).pathname}`)
  })
  await page.goto(origin)
  await page.evaluate(`globalThis.settings = ${JSON.stringify(settings)}`)
  await page.addScriptTag({ content: script })
  return {
    page,
    requests,
    async state() {
      await page.waitForFunction('globalThis.state !== undefined', undefined, { timeout: 60_000 })
      return page.evaluate('globalThis.state')
    },
    value: (key) => page.evaluate(`globalThis.valueOf(${JSON.stringify(key)})`),
  }
}
