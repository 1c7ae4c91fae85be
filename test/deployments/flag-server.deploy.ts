import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { describeWith } from '../support/requirements/requirement.ts'
import { createApplication } from './support/application.ts'
import { GO, PYTHON } from './support/languages.ts'
import { bundlePage, bundleProgram, openPage, startSite } from './support/pages.ts'
import { run } from './support/runtime.ts'
import { ready } from './support/servers.ts'

/** The README's section with this title. */
const section = ((): string => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const found = readme.split(/^## /m).find((part) => part.startsWith('A flag server in one command\n'))
  if (found === undefined) throw new Error('the README has no such section')
  return found
})()

function block(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(section) ?? []
  if (text === undefined) throw new Error(`the section has no ${language} block`)
  return text
}

const ADDRESS = 'http://127.0.0.1:8030'

/** Returns a program of the section that uses the address of the test's server. */
function programIn(language: string): string {
  const program = block(language)
  expect(program).toContain(ADDRESS)
  return program.replace(ADDRESS, server.url)
}

interface FlagServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Runs the command of the README. PORT lets the system choose the port, because the README's may be in use. */
async function startFlagServer(folder: string): Promise<FlagServer> {
  const [command = ''] = /^npx .*/m.exec(block('sh')) ?? []
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
  const packages = ['@launchdarkly/node-server-sdk']
  folder = createApplication({ tarball: inject('tarball'), parent: tmpdir(), packages })
  save(block('yaml'))
  server = await startFlagServer(folder)
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

const NODE_PROGRAM = 'program.mjs'

describe("the README's flag server in one command", () => {
  it('serves the program for Node.js', async () => {
    writeFileSync(join(folder, NODE_PROGRAM), block('ts'))
    const env = { FLAGS_URL: server.url }
    const { out, err } = await run(process.execPath, [NODE_PROGRAM], { cwd: folder, env })
    expect(out, err).toMatch(/^true$/m)
  })

  describeWith(PYTHON, 'with Python', () => {
    afterAll(() => PYTHON.remove())
    it('serves the program', async () => {
      expect(await PYTHON.run(programIn('python'))).toMatchObject({ code: 0, out: 'True' })
    })
  })

  describeWith(GO, 'with Go', () => {
    afterAll(() => GO.remove())
    it('serves the program', async () => {
      expect(await GO.run(programIn('go'))).toMatchObject({ code: 0, out: 'true' })
    })
  })
})

describeWithChromium("the README's flag server in one command, in Chromium", () => {
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

  it("serves the page of the README with OpenFeature's web provider, which sees a saved change", async () => {
    const page = await browser.newPage()
    const printed: string[] = []
    page.on('console', (message) => printed.push(message.text()))
    await page.goto(await startSite())
    const details =
      "globalThis.details = () => OpenFeature.getClient().getBooleanDetails('new-checkout', false)"
    const content = bundleProgram(`${programIn('js')}\n${details}`)
    await page.addScriptTag({ content, type: 'module' })
    await expect.poll(() => printed).toEqual(['true'])
    const result = (): Promise<unknown> =>
      page.evaluate('(({ value, reason }) => ({ value, reason }))(globalThis.details())')
    save(block('yaml').replace('on: true', 'on: false'))
    await expect.poll(result).toEqual({ value: false, reason: 'DISABLED' })
    save(block('yaml'))
    await expect.poll(result).toEqual({ value: true, reason: 'TARGETING_MATCH' })
  })
})
