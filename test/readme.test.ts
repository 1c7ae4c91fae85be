import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DevServer, startDevServer } from '../src/cli/dev.ts'
import { Application } from './examples/application.ts'
import { describeWithRedis, type RedisServer, startRedis } from './support/redis-server.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const clientPage = readFileSync(join(root, 'docs/client.md'), 'utf8')
const pages = `${readme}\n${clientPage}`

/** Returns the code blocks of the README and of docs/client.md in one language, by their heading. */
const blocks = (language: string): ReadonlyMap<string, string> =>
  new Map(
    pages
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
  'From flag files': 'Ahoy\n',
  'With the configuration you have': 'Ahoy\n',
  'The data system alone': /valid, by polling initializer[\s\S]*variations: \[ true \]/,
  'Testing your own code': 'Ahoy\n',
}

let application: Application
let service: DevServer

beforeAll(async () => {
  application = new Application(['ioredis'])
  for (const [heading, text] of programs) application.write(nameOf(heading), text)
  const file = application.copy('fixtures/environments/tiny.yaml', 'flags.yaml')
  const silent = { info() {}, warn() {}, error() {} }
  service = await startDevServer({ files: [file], port: 0, logger: silent, fileIntervalMs: 100 })
  return async () => {
    await service.close()
    application.remove()
  }
})

it.each(Object.entries(PRINTED))('runs the program under "%s"', async (heading, expected) => {
  const { code, output, errors } = await application.run(nameOf(heading), { FLAGS_URL: service.url })
  expect(code, errors).toBe(0)
  if (typeof expected === 'string') expect(output).toBe(expected)
  else expect(output).toMatch(expected)
})

describeWithRedis('the programs with Redis', () => {
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

// The deployment suites follow the other blocks of the README, as a reader does.
it('runs every TypeScript program of the pages', () => {
  const run = new Set(['With a database, or a file', ...Object.keys(PRINTED)])
  expect(new Set(programs.keys())).toEqual(run)
  expect(pages.match(/^```ts/gm)).toHaveLength(run.size)
})

it('compiles the programs of the pages', async () => {
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

it('runs with the runtime of the package', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(22)
})
