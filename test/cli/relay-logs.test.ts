import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../client/starting.ts'
import { constant } from '../support/stored.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const KEY = 'sdk-secret-0b5e'

interface Command {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
  readonly out: () => string
  readonly err: () => string
}

/** Runs `halyard relay` with these variables; the test ends it. */
function relay(variables: Readonly<Record<string, string>>): Command {
  const { PATH = '' } = process.env
  const env = {
    PATH,
    NODE_NO_WARNINGS: '1',
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    LD_ENV_Test: KEY,
    ...variables,
  }
  const child = spawn(process.execPath, [main, 'relay', '--from-env'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.err += text
  })
  return { process: child, ended: once(child, 'close'), out: () => texts.out, err: () => texts.err }
}

const upstream = async () => {
  const { url } = await serve({ flags: { a: constant('a', 1, 'one') } })
  return { BASE_URI: url, STREAM_URI: url }
}

it('(S110) halyard relay logs text, or JSON if configured', async () => {
  const uris = await upstream()
  const text = relay({ ...uris, LD_PREFIX_Test: 'x' })
  const json = relay({
    ...uris,
    LD_PREFIX_Test: 'x',
    HALYARD_RELAY_LOG_FORMAT: 'json',
    LD_LOG_LEVEL_Test: 'none',
  })
  await expect.poll(text.out).toMatch(/Z \[info\] serving 1 environment on http/)
  await expect.poll(text.out).toMatch(/Z \[info\] Test: /)
  expect(text.err()).toMatch(/^\S+Z \[warn\] LD_PREFIX_Test has no effect: no database is configured\n$/)
  await expect.poll(json.out).toContain('serving 1 environment')
  for (const each of [text, json]) each.process.kill('SIGTERM')
  await Promise.all([text.ended, json.ended])
  const lines = json
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  expect(lines.map(({ level, name, environment }) => [level, name, environment])).toEqual([
    [40, 'halyard-relay', undefined],
    [30, 'halyard-relay', undefined],
    [30, 'halyard-relay', undefined],
  ])
  expect(lines.at(-1)).toMatchObject({ msg: 'stopping: received SIGTERM' })
  expect(json.err()).toBe('')
  expect(text.out() + text.err() + json.out()).not.toContain(KEY)
  expect([text.process.exitCode, json.process.exitCode]).toEqual([0, 0])
})

it('(S109) records metrics with a MeterProvider that was registered before', async () => {
  const setup = `--import=${join(import.meta.dirname, 'telemetry.ts')}`
  const { out, err } = relay({ ...(await upstream()), USE_OTLP: '1', NODE_OPTIONS: setup })
  await expect.poll(out).toMatch(/^exported halyard-relay: .*\bhalyard_relay_source_state\b.*$/m)
  expect(out() + err()).not.toContain('OpenTelemetry: no MeterProvider')
})

it('(S112) stops during the start on request', async () => {
  const nowhere = 'http://127.0.0.1:9'
  const { process: child, ended, out } = relay({ BASE_URI: nowhere, STREAM_URI: nowhere, INIT_TIMEOUT: '1h' })
  await expect.poll(out).toContain('serving 1 environment')
  child.kill('SIGTERM')
  await ended
  expect(child.exitCode).toBe(0)
})

it('(S110) keeps serving if the reader of the log ends', async () => {
  const { process: child, ended, out } = relay(await upstream())
  const where = () => /serving 1 environment on (\S+)/.exec(out())?.[1]
  await expect.poll(where).toBeDefined()
  for (const stream of [child.stdout, child.stderr]) stream?.destroy()
  for (let round = 0; round < 3; round++) {
    // A request without a key causes a warning.
    expect((await fetch(`${where()}/sdk/poll`)).status).toBe(401)
    expect((await fetch(`${where()}/sdk/poll`, { headers: { authorization: KEY } })).status).toBe(200)
  }
  child.kill('SIGTERM')
  await ended
  expect(child.exitCode).toBe(0)
})

it('(S110) logs the error that ends it in the same format and exits with 1', async () => {
  const nowhere = 'http://127.0.0.1:9'
  const {
    process: child,
    ended,
    out,
    err,
  } = relay({
    BASE_URI: nowhere,
    STREAM_URI: nowhere,
    INIT_TIMEOUT: '50ms',
    HALYARD_RELAY_LOG_FORMAT: 'json',
    LOG_LEVEL: 'none',
  })
  await ended
  expect(child.exitCode).toBe(1)
  expect(err()).toBe('')
  expect(JSON.parse(out())).toMatchObject({
    level: 50,
    msg: expect.stringMatching(/^start: no data yet for 1 of 1 environment:\n {2}Test: .+\nThe relay exits/),
  })
})
