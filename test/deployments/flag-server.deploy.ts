import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { createApplication } from './support/application.ts'
import { bundlePage, openPage, startSite } from './support/pages.ts'
import { ready } from './support/servers.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/quick-starts/flag-server.md'), 'utf8')

/** Returns the first block of the quick start in a language. */
function block(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page) ?? []
  if (text === undefined) throw new Error(`the page has no ${language} block`)
  return text
}

interface FlagServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Runs the command of the quick start. PORT lets the system choose the port, because the README's may be in use. */
async function startFlagServer(folder: string): Promise<FlagServer> {
  const [command = ''] = /^npx .*/m.exec(page) ?? []
  expect(command).toBe('npx halyard relay --file flags.yaml')
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: folder,
    detached: true,
    env: { PATH: process.env.PATH, HOME: folder, PORT: '0' },
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  }
  const closed = once(child, 'close')
  const stop = async (): Promise<void> => {
    // The group, because npx starts a process of its own.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await closed
  }
  try {
    let url: string | undefined
    while (url === undefined) {
      if (child.exitCode !== null) throw new Error(`the command ended: ${printed}`)
      await setTimeout(50)
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0]
    }
    await ready({ url })
    return { url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

let folder: string
let server: FlagServer

function save(text: string): void {
  writeFileSync(join(folder, 'flags.yaml'), text)
}

beforeAll(async () => {
  folder = createApplication({ tarball: inject('tarball'), parent: tmpdir(), packages: [] })
  save(block('yaml'))
  server = await startFlagServer(folder)
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

describeWithChromium("the quick start's flag server, in Chromium", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  it("serves LaunchDarkly's SDK for JavaScript, which sees a saved change", async () => {
    const context = { kind: 'user', key: 'ada' }
    const { state, value } = await openPage(browser, await startSite(), {
      script: bundlePage('javascript-4'),
      settings: { credential: 'local', context, url: server.url, options: { fetchGoals: false } },
    })
    expect(await state()).toBe('ready')
    expect(await value('new-checkout')).toBe(true)
    save(block('yaml').replace('on: true', 'on: false'))
    await expect.poll(() => value('new-checkout')).toBe(false)
    save(block('yaml'))
    await expect.poll(() => value('new-checkout')).toBe(true)
  })
})
