import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevServer, startDevServer } from '../../src/cli/dev.ts'
import { CONSUL, type ConsulAgent, describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { type Dynalite, SECRETS, startDynalite } from '../support/dynalite.ts'
import { everythingPut, LiveStream, startOrigin } from '../support/origin.ts'
import { describeWithRedis, REDIS, type RedisServer, startRedis } from '../support/redis-server.ts'
import { change } from '../support/stored.ts'
import { Application, type Environment } from './application.ts'

const root = join(import.meta.dirname, '../..')
// test/deployments/examples-*.deploy.ts run those that need other packages.
const examples = globSync('examples/{stores,embedded-relay}/*.ts', { cwd: root }).toSorted()
const applications = globSync('examples/*/package.json', { cwd: root }).map((path) => basename(dirname(path)))
const tried = new Set<string>()
/** An address without a server. */
const NOWHERE = 'http://127.0.0.1:9'
let application: Application
let service: DevServer

beforeAll(async () => {
  application = new Application(['ioredis', '@aws-sdk/client-dynamodb'])
  for (const path of examples) application.copyExample(path)
  const file = application.copy('fixtures/environments/tiny.yaml', 'flags.yaml')
  service = await startDevServer({ files: [file], port: 0, logger: { info() {}, warn() {}, error() {} } })
  return async () => {
    await service.close()
    application.remove()
  }
})

/** Runs an example and returns its output. */
async function printed(name: string, environment: Environment): Promise<string> {
  tried.add(examples.find((path) => basename(path) === `${name}.ts`) ?? name)
  const { code, output, errors } = await application.run(`${name}.ts`, environment)
  expect(code, errors).toBe(0)
  return output.trim()
}

/** Runs the examples beside a service, without one, and with an unreachable service: each process finds the stored data. */
async function runExamples(database: string, environment: Environment): Promise<void> {
  const beside = `${database}-persistent-store`
  expect(await printed(beside, { ...environment, FLAGS_URL: service.url })).toBe('Ahoy, refreshed')
  expect(await printed(`${database}-daemon-mode`, environment)).toBe('Ahoy, cached')
  expect(await printed(beside, { ...environment, FLAGS_URL: NOWHERE })).toBe('Ahoy, cached')
}

describeWithRedis('the examples with Redis', () => {
  let redis: RedisServer
  let environment: Environment

  beforeAll(async () => {
    redis = await startRedis()
    environment = { REDIS_URL: redis.url, REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) }
  })

  afterAll(() => redis.stop())

  it('(D15, D16, D18) write what arrives, read it in daemon mode, and begin with it when the service is gone', () =>
    runExamples('redis', { ...environment, FLAGS_PREFIX: 'story' }))

  it('(S11) take the object of the documentation, and daemon mode by the names at the top level', async () => {
    const both = { ...environment, FLAGS_PREFIX: 'object', FLAGS_URL: service.url }
    expect(await printed('data-system-object', both)).toBe('Ahoy, fdv2')
    expect(await printed('top-level-use-ldd', both)).toBe('Ahoy, cached')
  })

  it('(D1, S12) speak FDv1 where only a feature store is given', async () => {
    const origin = await startOrigin()
    const stream = new LiveStream(() => everythingPut(change('greeting', 1, 'Old Ahoy')))
    origin.fdv1.stream.always(stream.answer)
    const both = { ...environment, FLAGS_PREFIX: 'legacy' }
    expect(await printed('top-level-feature-store', { ...both, FLAGS_URL: origin.url })).toBe(
      'Old Ahoy, fdv1',
    )
    expect(await printed('top-level-use-ldd', both)).toBe('Old Ahoy, cached')
  })
})

describe('the examples with DynamoDB', () => {
  let dynalite: Dynalite
  let environment: Environment

  beforeAll(async () => {
    dynalite = await startDynalite()
    environment = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: SECRETS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: dynalite.clientOptions.endpoint,
    }
  })

  afterAll(() => dynalite.close())

  it('explain a missing table, and serve flags without it', async () => {
    const beside = { ...environment, DYNAMODB_TABLE: 'no-such-table', FLAGS_URL: service.url }
    const { code, output, errors } = await application.run('dynamodb-persistent-store.ts', beside)
    expect([code, output.trim()]).toEqual([0, 'Ahoy, refreshed'])
    expect(errors).toContain('partition key "namespace" (string) and the sort key "key" (string)')
    expect(errors).not.toContain(SECRETS.secretAccessKey)
  })

  it('(D15, D16, D18) make a table, write what arrives, read it in daemon mode, and begin with it', async () => {
    expect(await printed('dynamodb-create-table', environment)).toBe('my-table is there')
    await runExamples('dynamodb', environment)
  })
})

describeWithConsul('the examples with Consul', () => {
  let agent: ConsulAgent

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  afterAll(() => agent.stop())

  it('(D15, D16, D18) write what arrives, read it in daemon mode, and begin with it when the service is gone', () => {
    const { hostname, port } = new URL(agent.url)
    return runExamples('consul', { CONSUL_URL: agent.url, CONSUL_HOST: hostname, CONSUL_PORT: port })
  })
})

describe('the examples with a file', () => {
  it('(D15, D16, D18) save what arrives, read it in daemon mode, and begin with it when the service is gone', async () => {
    await runExamples('file', { SNAPSHOT: join(application.directory, 'a.snapshot') })
  })
})

describe('the example of a relay', () => {
  it('(S111) serves the data of its service to a client', async () => {
    expect(await printed('relay', { FLAGS_URL: service.url })).toBe('Ahoy, live')
  })

  it('(S109) needs no package of OpenTelemetry, and names the missing one if it is enabled', async () => {
    const start = "import { startRelay } from 'halyard/relay'\nawait startRelay("
    const options = { port: 0, openTelemetry: true, environments: [{ name: 'a', sdkKey: 'sdk-key-123abc' }] }
    application.write('telemetry.ts', `${start}${JSON.stringify(options)})\n`)
    const { code, errors } = await application.run('telemetry.ts')
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining(
        '[OpenTelemetry] enabled: expected the package @opentelemetry/api to be installed',
      ),
    ])
  })
})

describe('all examples', () => {
  const pageOf = (path: string): string => textOf(join(dirname(path), 'README.md'))
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

  it.each(examples)('%s is short, and the page lists it and its environment variables', (path) => {
    expect(textOf(path).trimEnd().split('\n').length).toBeLessThanOrEqual(30)
    const page = pageOf(path)
    expect(page).toContain(`](${basename(path)})`)
    const declarations = textOf(path).matchAll(/const \{([^}]*)\} = process\.env/g)
    const settings = [...declarations].flatMap(([, names]) => [
      ...String(names).matchAll(/([A-Z_]{4,})(?: = '([^']+)')?/g),
    ])
    expect(settings.filter(([, name]) => !page.includes(`\`${name}\``)).map(([, name]) => name)).toEqual([])
  })

  it.each(applications)(
    'the application %s is in the index, has a short page, and is run by a deployment suite',
    (name) => {
      expect(textOf('examples/README.md')).toContain(`](${name}/README.md)`)
      expect(textOf(`examples/${name}/README.md`).trimEnd().split('\n').length).toBeLessThanOrEqual(40)
      const suites = globSync('test/deployments/examples-*.deploy.ts', { cwd: root }).map(textOf).join('\n')
      expect(suites).toContain(`'${name}'`)
    },
  )

  it('use the defaults of LaunchDarkly’s documentation', () => {
    const all = examples.map(textOf).join('\n')
    for (const named of [
      'redis://localhost:6379',
      'my-key-prefix',
      'ld:spree:production',
      'my-table',
      'http://localhost:8500',
    ])
      expect(all).toContain(`= '${named}'`)
    expect(all.match(/cacheTTL: 30\b/g)).toHaveLength(4)
  })

  it('are all run, except those whose server is missing', () => {
    const lacks = (path: string): boolean =>
      (!REDIS.isAvailable() && textOf(path).includes("'halyard/redis'")) ||
      (!CONSUL.isAvailable() && textOf(path).includes("'halyard/consul'"))
    expect(examples.filter((path) => !tried.has(path) && !lacks(path))).toEqual([])
  })

  it('compile with the installed package', async () => {
    expect(await application.typeErrors()).toBe('')
  })
})

describe('the page of stores', () => {
  const page = readFileSync(join(root, 'docs/stores.md'), 'utf8')

  it('has a row for each option, and no other', () => {
    const [, options = ''] = /^## Options$([\s\S]*?)^## /m.exec(page) ?? []
    const sources = ['model/persistent-store', 'store/redis/options', 'store/dynamodb/options']
    const names = [...sources, 'store/consul/options', 'store/file/options'].flatMap(optionsOf)
    const cells = [...options.matchAll(/^\| (`.*?) \|/gm)].map((match) => String(match[1]))
    const rows = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map((match) => String(match[1])))
    expect(names.length).toBeGreaterThan(40)
    expect(names.filter((name) => !options.includes(`\`${name}\``))).toEqual([])
    expect(rows.filter((name) => !names.includes(name))).toEqual([])
  })
})

it.each(['stores', 'migrations', 'hooks-and-plugins', 'overrides'])(
  'the page of %s has code that compiles',
  async (page) => {
    const text = readFileSync(join(root, `docs/${page}.md`), 'utf8')
    const programs = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => String(match[1]))
    expect(programs.length).toBeGreaterThan(0)
    application.write(`${page}-page.ts`, programs.join(''))
    expect(await application.typeErrors()).toBe('')
  },
)

/** Returns the members of the option interfaces of a module. */
function optionsOf(module: string): string[] {
  const text = readFileSync(join(root, `src/${module}.ts`), 'utf8')
  const interfaces = text.matchAll(
    /^export interface \w*(?:StoreOptions|ClientOptions|StoreUse)\b.*\{$([\s\S]*?)^\}$/gm,
  )
  return [...interfaces].flatMap(([, body]) =>
    [...String(body).matchAll(/^ {2}readonly (\w+)/gm)].map((match) => String(match[1])),
  )
}
