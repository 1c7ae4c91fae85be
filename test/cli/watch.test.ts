import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { run } from '../../src/cli/commands.ts'
import { encodeItem } from '../../src/layout/row.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { developing, folderForTest } from './developing.ts'
import { fill } from './inspecting.ts'
import { begin, running } from './running.ts'
import { Terminal } from './terminal.ts'

const USER = '{"kind":"user","key":"u-1"}'
const FLAGS = { banner: constant('banner', 3, 'hello'), colour: constant('colour', 7, 'red') }

/** Returns the lines of an output without their times. */
function linesOf(printed: string): readonly string[] {
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\S+Z {2}/, '').replaceAll(/after \S+ s/g, 'after N s'))
}

const put = (key: string, version: number, value: string) =>
  ({ op: 'put', kind: 'flag', key, version, object: constant(key, version, value) }) as const

it('(WA4.1, WA4.5) prints the status, the changes and the values of a client', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  const { stdout, stderr, signal, ended } = begin([
    'watch',
    service.url,
    '--sdk-key',
    SDK_KEY,
    '--context',
    USER,
  ])
  await expect.poll(stdout).toContain('valid: streaming')
  service.change(SDK_KEY, put('banner', 4, 'ahoy'))
  service.change(SDK_KEY, { op: 'delete', kind: 'flag', key: 'colour', version: 8 })
  await expect.poll(stdout).toContain('deleted')
  await expect.poll(stdout).toContain('value     colour')
  signal('SIGINT')
  expect(await ended).toBe(0)
  expect(stderr()).toBe('')
  const lines = linesOf(stdout())
  expect(lines).toEqual([
    expect.stringMatching(/^watching {2}http:\S+ with SDK key \S+$/),
    'status    initializing: polling initializer',
    'status    valid: polling initializer, after N s initializing',
    'data      2 flags, 0 segments',
    'status    valid: streaming',
    'changed   flag banner, version 3 → 4; variations[0]: "hello" → "ahoy"',
    'value     banner: "hello" → "ahoy" (FALLTHROUGH)',
    'deleted   flag colour, version 7',
    'value     colour: "red" → fallback value (ERROR, FLAG_NOT_FOUND)',
  ])
  expect(stdout()).not.toContain(SDK_KEY)
})

it('(WA4.3) prints one JSON object in each line with --json', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  const { stdout } = await running(
    `watch ${service.url} --sdk-key ${SDK_KEY} --json --until valid --context ${USER} --flag banner`.split(
      ' ',
    ),
  )
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events).toMatchObject([
    { type: 'start', from: service.url },
    { type: 'status', state: 'initializing' },
    { type: 'status', state: 'valid', source: 'polling initializer' },
    { type: 'data', flags: 2, segments: 0 },
    { type: 'value', flag: 'banner', value: 'hello', variationIndex: 0, reason: { kind: 'FALLTHROUGH' } },
  ])
  for (const { at } of events) expect(at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

it('(WA4.4) prints the changes of the selected flags only', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  const { stdout } = begin(['watch', service.url, '--sdk-key', SDK_KEY, '--flag', 'colour'])
  await expect.poll(stdout).toContain('valid: streaming')
  service.change(SDK_KEY, put('banner', 4, 'ahoy'))
  service.change(SDK_KEY, put('colour', 8, 'blue'))
  await expect.poll(stdout).toContain('flag colour, version 7 → 8')
  expect(stdout()).not.toContain('banner')
})

it('(WA4.6) exits with 0 as soon as there is data with --until valid', async () => {
  const path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flagValues": {"colour": "red"}}')
  const { url } = await developing(path)
  const { status, stdout } = await running(['watch', '--from', url, '--until', 'valid'])
  expect(status).toBe(0)
  expect(linesOf(stdout)[0]).toBe(`watching  ${url} with SDK key sdk-local`)
})

it('(WA4.6) exits with 1 if there is no data by the end of --for, and with 0 if there is', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  expect(await running(['watch', service.url, '--for', '200ms', '--sdk-key', 'sdk-wrong'])).toMatchObject({
    status: 1,
  })
  const { url } = service
  expect(
    await running(['watch', url, '--sdk-key', SDK_KEY, '--until', 'valid', '--for', '60s']),
  ).toMatchObject({ status: 0 })
})

it('(WA4.6) exits with 1 if the key is refused with --until valid', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  const { status, stdout } = await running(
    `watch ${service.url} --sdk-key sdk-wrong --until valid`.split(' '),
  )
  expect(status).toBe(1)
  expect(stdout).toContain('off')
})

it('(WA5.1) shows the status in the last row of a terminal', async () => {
  const service = await startService({ [SDK_KEY]: { flags: FLAGS } })
  const terminal = new Terminal(80)
  const stopping = new AbortController()
  const ended = run(['watch', service.url, '--sdk-key', SDK_KEY], {
    env: {},
    stdout: terminal.writeLine,
    stderr: terminal.writeLine,
    stdin: () => Promise.resolve(''),
    isTerminal: true,
    columns: () => terminal.columns,
    onStarted() {},
    signal: stopping.signal,
  })
  await expect.poll(() => terminal.rows.at(-1)).toMatch(/^valid for .* \| streaming \| 2 flags/)
  stopping.abort()
  expect(await ended).toBe(0)
  expect(terminal.rows.filter((row) => row.startsWith('valid for'))).toHaveLength(1)
})

it.each([
  [['a', 'b'], 'watch takes one source, not 2'],
  [['flags.yaml'], 'watch needs a URL, such as http://127.0.0.1:8765 or redis://HOST'],
  [['redis://h', '--sdk-key', 'k'], 'a store has no --sdk-key'],
  [['http://127.0.0.1', '--prefix', 'p'], 'a URL has no --prefix'],
  [['mongodb://h'], 'unknown store mongodb://'],
  [['https://flags.invalid'], 'a URL needs --sdk-key, or the variable LAUNCHDARKLY_SDK_KEY'],
  [['--plan', 'fast'], '--plan is default, streaming or polling, not fast'],
  [['--for', '5'], '--for needs a duration, such as 30s'],
  [['--until', 'ready'], '--until takes valid, not ready'],
  [['--context', '{}'], '--context is not a context'],
])('(WA4.6) exits with 2 and the reason for %j', async (args, reason) => {
  const { status, stdout, stderr } = await running(['watch', ...args])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(reason)
})

it('(WA4.7) ends with 0 when the reader of its output has closed it', async () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'watch', 'http://127.0.0.1:1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await exit).toEqual([0, null])
})

describeWithRedis('halyard watch redis://', () => {
  it('(WA4.8) prints the data of a database as an SDK in daemon mode reads them', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const store = redisStore({ url: server.url })
    const row = (version: number) =>
      encodeItem('flag', { key: 'banner', version, object: constant('banner', version, 'hello') })
    await fill(store, [row(3)])
    const { stdout, signal, ended } = begin(['watch', `${server.url}?prefix=launchdarkly`])
    await expect.poll(stdout).toContain('data      1 flag, 0 segments')
    expect(stdout()).toMatch(/watching {2}Redis at \S+\n/)
    expect(stdout()).toContain('valid: store')
    signal('SIGINT')
    expect(await ended).toBe(0)
  })
})
