import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { nodeVersionProblem } from '../../src/config/node-version.ts'
import { describeWithChromium, launchChromium } from '../support/chromium.ts'
import { describeWithRedis } from '../support/redis-server.ts'
import { describeWith } from '../support/requirements/requirement.ts'
import { GO, PYTHON } from './support/languages.ts'
import { startHostedService } from './support/quick-starts/hosted-service.ts'
import { parsePage } from './support/quick-starts/page.ts'
import { Reader, withFreePorts } from './support/quick-starts/reader.ts'
import { type Registry, startRegistry } from './support/quick-starts/registry.ts'
import { run, runtime } from './support/runtime.ts'

const root = join(import.meta.dirname, '../..')
const pages = join(root, 'docs/quick-starts')

function pageOf(name: string): string {
  return readFileSync(join(pages, name), 'utf8')
}

let registry: Registry
let browser: Browser | undefined
let shown: Page | undefined

beforeAll(async () => {
  registry = await startRegistry(inject('tarball'))
})

afterAll(async () => {
  await browser?.close()
  registry.close()
})

async function look(text: string, url: string | undefined): Promise<void> {
  browser ??= await launchChromium()
  shown ??= await browser.newPage()
  if (url !== undefined) await shown.goto(url)
  await shown.getByText(text, { exact: true }).waitFor()
}

interface Quickstart {
  /** Declares a test that follows a section. */
  readonly follow: (title: string) => void
  readonly reader: () => Reader
}

/** Prepares an empty folder for a page. The suite must follow all sections that have something to do. */
function quickStart(markdown: string): Quickstart {
  const titles = parsePage(markdown).flatMap(({ title, steps }) => (steps.length > 0 ? [title] : []))
  const followed: string[] = []
  let reader: Reader
  beforeAll(async () => {
    reader = new Reader(await withFreePorts(markdown), { registry: registry.url, look })
    return () => reader.close()
  })
  it('has the sections that are followed here', () => expect(followed.toSorted()).toEqual(titles.toSorted()))
  return {
    reader: () => reader,
    follow(title) {
      followed.push(title)
      it(title, () => reader.follow(title))
    },
  }
}

describe('without-an-account.md', () => {
  const { follow, reader } = quickStart(pageOf('without-an-account.md'))
  follow('Install')
  follow('Write a flag file')
  follow('Serve it')
  follow('Ask for a flag')
  follow('Change the flag')
  follow('Stop the server')
  follow('Ask why')

  it('CommonJS', async () => {
    const folder = reader().folder
    const program = readFileSync(join(folder, 'app.mjs'), 'utf8')
    const body = program.replaceAll(/^import (.*) from (.*)$/gm, '').replace('listen(8080', 'listen(0')
    const required =
      "const { createServer } = require('node:http')\nconst { createClient, presets } = require('halyard')"
    expect(pageOf('without-an-account.md')).toContain(
      "`const { createClient, presets } = require('halyard')`",
    )
    const end = body.replace(/console\.log\('listening.*/, 'process.exit()')
    writeFileSync(join(folder, 'app.cjs'), `${required}\nasync function main() {${end}}\nmain()\n`)
    const { code, out, err } = await run(process.execPath, ['app.cjs'], { cwd: folder })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^flags: valid, by polling initializer\nnew checkout for ada: (true|false)/)
  })
})

describe('with-an-account.md', () => {
  const flag = (on: boolean): string =>
    JSON.stringify({
      flags: {
        'new-checkout': { on, variations: [true, false], offVariation: 1, fallthrough: { variation: 0 } },
      },
    })
  const { follow, reader } = quickStart(pageOf('with-an-account.md'))
  let service: Awaited<ReturnType<typeof startHostedService>>
  beforeAll(async () => {
    service = await startHostedService('sdk-your-key', flag(true))
    return () => service.close()
  })
  follow('Install')
  it('uses a service in place of the hosted one', () => reader().set(service.variables))
  follow('Write the program')
  follow('Run it')
  it('turns the flag off', () => service.serve(flag(false)))
  follow('Turn the flag off')
  it('connects to the hosted service only', () => {
    const hosts = ['sdk', 'stream', 'events'].map((name) => `${name}.launchdarkly.com:443`)
    expect(service.hosts).toEqual(new Set(hosts))
  })
})

describe('openfeature.md', () => {
  const { follow } = quickStart(pageOf('openfeature.md'))
  follow('Install')
  follow('Serve a flag file')
  follow('Ask for a flag')
  follow('Change the flag')
})

describe('flag-server.md', () => {
  const { follow } = quickStart(pageOf('flag-server.md'))
  follow('Start the server')
  describeWith(PYTHON, 'with Python', () => follow('Python'))
  describeWith(GO, 'with Go', () => follow('Go'))
  follow('Node.js')
  describeWithChromium('in Chromium', () => follow('A web page'))
  follow('If a file has a mistake')
})

describeWithRedis('daemon-mode.md', () => {
  const { follow } = quickStart(pageOf('daemon-mode.md'))
  follow('Install')
  follow('Start Redis')
  follow('Write the flags to Redis')
  follow('Read them')
  follow('Stop the writer')
})

describe('failover-testing.md', () => {
  const { follow } = quickStart(pageOf('failover-testing.md'))
  follow('Install')
  follow('The application')
  follow('The test')
  follow('Run it')
})

describe('the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const title = 'Two minutes'
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`))
  const { follow } = quickStart(`## ${section}`)
  follow(title)
})

const all = globSync('*.md', { cwd: pages })

it.each(all)('%s names the oldest Node.js, and what an older one prints', (name) => {
  const problem = nodeVersionProblem({ node: '20.20.2' })
  expect(pageOf(name)).toContain(`\`${problem}\``)
})

const NODE_20 = runtime('Node.js 20', 'node-20/bin/node')

describeWith(NODE_20, 'an older Node.js', () => {
  it('prints the error of the pages', async () => {
    const program = join(inject('installed'), 'node_modules/halyard/dist/cli/main.js')
    const { code, err } = await run(NODE_20.command, [program, 'dev', 'flags.yaml'], {
      cwd: inject('installed'),
    })
    expect([code, err]).toEqual([1, nodeVersionProblem({ node: '20.20.2' })])
  })
})
