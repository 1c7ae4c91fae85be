import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevServer, startDevServer } from '../src/cli/dev.ts'
import { Application } from './examples/application.ts'
import { describeWithRedis, type RedisServer, startRedis } from './support/redis-server.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** Returns the code blocks of the README in one language, by their heading. */
const blocks = (language: string): ReadonlyMap<string, string> =>
  new Map(
    readme
      .split(/^##+ /m)
      .flatMap((section) =>
        [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
          (match) => [section.split('\n', 1)[0] ?? '', match[1] ?? ''] as const,
        ),
      ),
  )

const programs = blocks('ts')
const nameOf = (heading: string): string => `${heading.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.ts`

/** Output of the programs that end by themselves, by heading. */
const PRINTED: Readonly<Record<string, string | RegExp>> = {
  'A flag server in one command': /^true$/m,
  'With OpenFeature': 'Ahoy\n',
  "Under LaunchDarkly's own SDK": /^Ahoy\n$/m,
  'From flag files': 'Ahoy\n',
  'With the configuration you have': 'Ahoy\n',
  'The engine alone': /valid, by polling initializer[\s\S]*variations: \[ true \]/,
  'Testing your own code': 'Ahoy\n',
}

let application: Application
let file: string
let service: DevServer

beforeAll(async () => {
  application = new Application(['ioredis', '@launchdarkly/node-server-sdk', '@openfeature/server-sdk'])
  for (const [heading, text] of programs) application.write(nameOf(heading), text)
  file = application.copy('fixtures/environments/tiny.yaml', 'flags.yaml')
  const silent = { info() {}, warn() {}, error() {} }
  service = await startDevServer({ files: [file], port: 0, logger: silent, fileIntervalMs: 100 })
  return async () => {
    await service.close()
    application.remove()
  }
})

it('runs the client of the README with the server of the README', async () => {
  const PORT = String(await freePort())
  const client = application.start(nameOf('Use it'), { FLAGS_URL: service.url, PORT })
  await client.seen('valid, by polling initializer')
  await client.seen('beta search: true')
  await client.seen('valid, by streaming')
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, before.replace('greeting: Ahoy', 'greeting: Hello'))
  await client.seen('now: Hello')
  expect(await (await fetch(`http://127.0.0.1:${PORT}/`)).text()).toBe('Hello')
  writeFileSync(file, before)
  await client.seen('now: Ahoy')
})

it.each(Object.entries(PRINTED))('runs the program under "%s"', async (heading, expected) => {
  const { code, output, errors } = await application.run(nameOf(heading), { FLAGS_URL: service.url })
  expect(code, errors).toBe(0)
  if (typeof expected === 'string') expect(output).toBe(expected)
  else expect(output).toMatch(expected)
})

describeWithRedis('the README with Redis', () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis()
  })

  afterAll(() => redis.stop())

  it('writes a database and reads it in daemon mode', async () => {
    const environment = { FLAGS_URL: service.url, REDIS_URL: redis.url }
    const program = nameOf('With a database, or a file')
    const { code, output, errors } = await application.run(program, environment)
    expect([code, output], errors).toEqual([0, 'Ahoy\n'])
  })
})

it('runs every program of the README', () => {
  const run = new Set(['Use it', 'With a database, or a file', ...Object.keys(PRINTED)])
  expect(new Set(programs.keys())).toEqual(run)
  expect(readme.match(/^```ts/gm)).toHaveLength(run.size)
})

it('compiles the programs of the README', async () => {
  expect(await application.typeErrors()).toBe('')
})

it('has the commands and packages that the README names', () => {
  const { scripts, name, peerDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as {
    readonly scripts: object
    readonly name: string
    readonly peerDependencies: object
  }
  const named = [...readme.matchAll(/npm (?:run )?(demo|test|bench|halyard)\b/g)].map((match) => match[1])
  expect(new Set(named)).toEqual(new Set(['demo', 'test', 'bench', 'halyard']))
  for (const script of named) expect(scripts).toHaveProperty(String(script))
  const installed = [...readme.matchAll(/^npm install ([^#\n]+)/gm)].flatMap((match) =>
    String(match[1]).trim().split(/\s+/),
  )
  expect(new Set(installed)).toEqual(new Set([name, ...Object.keys(peerDependencies)]))
})

it('shows the relay configuration of LaunchDarkly’s document, which another test runs', () => {
  const example = readFileSync(join(root, 'fixtures/relay/daemon-mode.conf'), 'utf8')
  expect([...blocks('ini').values()]).toEqual([example])
})

it('links only to existing pages and headings', () => {
  const places = [...readme.matchAll(/\]\(([^)#][^)]*)\)/g)].map((match) => String(match[1]))
  expect(places.length).toBeGreaterThan(10)
  expect(places.filter((place) => !existsSync(join(root, place)))).toEqual([])
  const headings = new Set([...readme.matchAll(/^##+ (.*)$/gm)].map((match) => anchorOf(String(match[1]))))
  const anchors = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map((match) => String(match[1]))
  expect(anchors.filter((anchor) => !headings.has(anchor))).toEqual([])
})

it('runs with the runtime of the package', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(22)
})

/** Returns the anchor of a heading as GitHub creates it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
