import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { runInNewContext } from 'node:vm'
import { init, integrations } from '@launchdarkly/node-server-sdk'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient, presets } from '../../src/index.ts'
import { TestData } from '../../src/testing/index.ts'
import { developing } from '../cli/developing.ts'
import type { Event } from '../events/event-service.ts'
import { endWithTest } from '../support/child.ts'
import { type Installation, installPackage } from '../support/installation.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/migrating-from-launchdarkly.md'), 'utf8')
let installation: Installation

beforeAll(() => {
  installation = installPackage(['@launchdarkly/node-server-sdk'])
})

afterAll(() => installation.remove())

/** Returns the program of that name from the page. */
function program(name: string): string {
  const text = page.match(new RegExp(`\`\`\`js\\n// ${name}\\n([\\s\\S]*?)\`\`\``))?.[1]
  if (text === undefined) throw new Error(`the page has no ${name}`)
  return text
}

/** Returns the lines of the section about flags in tests that are under this comment. */
function flagOfTests(comment: string): string {
  const section = page.slice(page.indexOf('### Flags with targets'))
  const text = section.match(new RegExp(`\`\`\`js\\n// ${comment}\\n([\\s\\S]*?)\`\`\``))?.[1]
  if (text === undefined) throw new Error(`the section has no block ${comment}`)
  return text
}

/** Returns the output of the program, while a flag is edited. */
async function run(name: string): Promise<string> {
  const flags = join(installation.directory, `${name}.yaml`)
  cpSync(join(root, 'fixtures/environments/tiny.yaml'), flags)
  const { url } = await developing(flags)
  writeFileSync(join(installation.directory, name), program(name))
  const child = endWithTest(
    spawn(process.execPath, [name], {
      cwd: installation.directory,
      env: { ...process.env, FLAGS_URL: url },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const closed = once(child, 'close')
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    output += text as string
    if (output.endsWith('waiting for a change\n'))
      writeFileSync(flags, readFileSync(flags, 'utf8').replace('greeting: Ahoy', 'greeting: Hello'))
  }
  expect(await closed).toEqual([0, null])
  return output
}

/** Returns the events that the program sends, without their times. */
async function eventsOf(name: string, flagsUrl: string): Promise<readonly Event[]> {
  const events: Event[] = []
  const service = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/bulk') events.push(...(JSON.parse(body, withoutTimes) as Event[]))
      response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void service.close())
  writeFileSync(join(installation.directory, name), program(name))
  const { port } = service.address() as AddressInfo
  const child = endWithTest(
    spawn(process.execPath, [name], {
      cwd: installation.directory,
      env: { ...process.env, FLAGS_URL: flagsUrl, EVENTS_URL: `http://127.0.0.1:${port}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const [output, closed] = await Promise.all([text(child.stdout), once(child, 'close')])
  expect([output, closed]).toEqual(['new\n', [0, null]])
  return events
}

function withoutTimes(name: string, value: unknown): unknown {
  return ['creationDate', 'startDate', 'endDate'].includes(name) ? undefined : value
}

it('prints the same from the programs of the page, before and after migration', async () => {
  const before = await run('before.mjs')
  const after = await run('after.mjs')
  expect(after).toBe(before)
  expect(before).toMatch(/^ready\nLDClient.boolVariation beta-search RULE_MATCH\ntrue\n/)
  expect(before).toMatch(/waiting for a change\nLDClient.stringVariation greeting FALLTHROUGH\nnow Hello\n$/)
})

it('sends the same events from the programs of the page, before and after migration', async () => {
  const flags = join(installation.directory, 'experiment.json')
  const experiment = {
    key: 'checkout-experiment',
    version: 4,
    on: true,
    variations: ['old', 'new'],
    offVariation: 0,
    fallthrough: {
      rollout: { kind: 'experiment', seed: 7, variations: [{ variation: 1, weight: 100_000 }] },
    },
    salt: 'salt',
  }
  writeFileSync(flags, JSON.stringify({ flags: { 'checkout-experiment': experiment } }))
  const { url } = await developing(flags)
  const before = await eventsOf('events-before.mjs', url)
  const after = await eventsOf('events-after.mjs', url)
  expect(after).toEqual(before)
  expect(before.map(({ kind }) => kind)).toEqual(['identify', 'feature', 'custom', 'summary'])
  expect(before[1]).toMatchObject({ value: 'new', reason: { inExperiment: true } })
  expect(before[2]).toMatchObject({ key: 'order-paid', data: { items: 3 }, metricValue: 59.9 })
  expect(JSON.stringify(before)).not.toContain('ada@example.com')
})

it('has an example after migration for each one before', () => {
  const blocks = [...page.matchAll(/```js\n\/\/ (before|after)/g)].map((match) => match[1])
  expect(blocks.length).toBeGreaterThan(12)
  for (const section of page.split(/^#{2,3} /m)) {
    const named = [...section.matchAll(/```js\n\/\/ (before and after|before|after)/g)].map(
      (match) => match[1],
    )
    expect(named.join()).toMatch(/^(before,after|before and after)?$/)
  }
})

it('evaluates the flag for tests as the builder of the official SDK makes it', async () => {
  const [before, after] = ['before', 'after'].map((name) => flagOfTests(name))
  const official = new integrations.TestData()
  runInNewContext(before as string, { data: official })
  const data = new TestData()
  runInNewContext(after as string, { data })
  const sdk = init('sdk-key', { updateProcessor: official.getFactory(), sendEvents: false })
  onTestFinished(() => sdk.close())
  const dataSystem = presets.custom({ initializers: [], synchronizers: [data.synchronizer()] })
  await using client = createClient('sdk-key', { dataSystem })
  await sdk.waitForInitialization({ timeout: 5 })
  await client.waitForInitialization()
  for (const [key, value] of [
    ['bob', true],
    ['ada', false],
  ] as const) {
    const expected = await sdk.variationDetail('new-checkout', { kind: 'user', key }, undefined)
    expect(expected.value).toBe(value)
    expect(await client.variationDetail('new-checkout', { kind: 'user', key }, undefined)).toMatchObject({
      ...expected,
    })
  }
})

it('has no broken links on the page', () => {
  const anchors = [...page.matchAll(/^#{2,3} (.*)$/gm)].map(([, title]) =>
    (title as string)
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, anchor] of page.matchAll(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(anchor)
  for (const [, path] of page.matchAll(/\]\(([^#)][^)]*)\)/g))
    expect(readFileSync(join(root, 'docs', path as string), 'utf8')).not.toBe('')
})
