import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startOrigin, status } from '../support/origin.ts'
import { runRelayCommand, startRelayCommand } from '../support/relay-command.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'

const KEY = 'sdk-of-operators-0b5e'

/** An environment whose service answers 401 to its key. */
const ONE = { LD_ENV_one: KEY, PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' } as const

async function refusing(): Promise<{ readonly BASE_URI: string; readonly STREAM_URI: string }> {
  const { url } = await startService({ another: {} })
  return { BASE_URI: url, STREAM_URI: url }
}

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-relay-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'relay.conf')
  writeFileSync(path, text)
  return path
}

it.each([
  [
    ['--conf', 'x'],
    "Unknown option '--conf'; did you mean --config?\n\nUsage: halyard relay [options]\nhalyard relay --help explains the command.\n",
  ],
  [
    ['x.conf'],
    'relay takes no arguments; use --file for a flag file, or --config for a configuration: x.conf\n\nUsage: halyard relay [options]\nhalyard relay --help explains the command.\n',
  ],
])('exits with 2, the reason and a hint for %j', async (args, output) => {
  expect(await runRelayCommand(args, {})).toEqual({ code: 2, output })
})

it('the help text lists the options and names the documentation', async () => {
  const { code, output } = await runRelayCommand(['--help'], {})
  expect(code).toBe(0)
  for (const option of ['--config', '--allow-missing-file', '--from-env', 'docs/relay.md']) {
    expect(output).toContain(option)
  }
})

it('names a missing file and the alternatives', async () => {
  expect(await runRelayCommand([], {})).toEqual({
    code: 1,
    output:
      '/ldr/ld-relay.conf: the file does not exist; select another with --config, or none with --from-env\n',
  })
  const { code, output } = await runRelayCommand(['--config', tmpdir()], {})
  expect([code, output]).toEqual([1, expect.stringContaining(`${tmpdir()}: cannot be read: EISDIR`)])
})

it('(S91) reports all errors by file and line before anything starts', async () => {
  const path = file('[Main]\nprot = 1\n\n[Environment "one"]\nsdkKey = k\n\n[Redsi]\nhost = h\n')
  const { code, output } = await runRelayCommand(['--config', path], {})
  expect(code).toBe(1)
  expect(output.split('\n')).toEqual([
    'Invalid configuration:',
    `  ${path}:2 [Main]: expected an option of [Main] (did you mean port?), received "prot"`,
    `  ${path}:7: expected a known section (did you mean Redis?), received "Redsi"`,
    '',
  ])
})

it('(S91) reports files that do not exist', async () => {
  const gone = join(tmpdir(), 'halyard-no-such-folder')
  const { code, output } = await runRelayCommand(['--from-env'], { ...ONE, HALYARD_SNAPSHOT_DIRECTORY: gone })
  expect([code, output]).toEqual([
    1,
    expect.stringContaining(`[Main] snapshotDirectory: expected an existing, writable folder`),
  ])
})

it('names a port in use and the option to change', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const PORT = String((other.address() as AddressInfo).port)
  const { code, output } = await runRelayCommand(['--from-env'], { ...ONE, PORT })
  expect([code, output]).toEqual([
    1,
    expect.stringContaining(
      `cannot listen on 127.0.0.1, port ${PORT}: the port is already in use (EADDRINUSE); see port in [Main]`,
    ),
  ])
})

it('names an address of another machine and the option to change', async () => {
  const { output } = await runRelayCommand(['--from-env'], { ...ONE, HALYARD_RELAY_HOST: '192.0.2.1' })
  expect(output).toContain('cannot listen on 192.0.2.1, port 0: this machine does not have the address')
})

it('exits without any data, names the error of each environment and no key', async () => {
  const { code, output } = await runRelayCommand(['--from-env'], { ...ONE, ...(await refusing()) })
  expect(code).toBe(1)
  // With any indentation of continued lines.
  expect(output.replaceAll(/\s+/g, ' ')).toContain(
    'start: no data yet for 1 of 1 environment: one: the server answered 401 (is the SDK key right?) ' +
      'The relay exits; set ignoreConnectionErrors = true in [Main], or IGNORE_CONNECTION_ERRORS=1, to keep trying',
  )
  expect(output).not.toContain(KEY)
})

it('S159, S166: the log of a 404 to FDv2 names the option for FDv1, HALYARD_DATA_SAVING_MODE=off', async () => {
  const origin = await startOrigin()
  for (const route of [origin.poll, origin.stream, origin.fdv1.poll, origin.fdv1.stream])
    route.always(status(404))
  const settings = { ...ONE, BASE_URI: origin.url, STREAM_URI: origin.url }
  const fdv2 = await runRelayCommand(['--from-env'], settings)
  expect(fdv2.code).toBe(1)
  // Three sources fail in the same way; one of them logs the hint.
  expect(fdv2.output.match(/the server answered 404/g)?.length).toBeGreaterThan(2)
  expect(fdv2.output.match(/HALYARD_DATA_SAVING_MODE/g)).toHaveLength(1)
  expect(fdv2.output.replaceAll(/\s+/g, ' ')).toContain(
    'the server answered 404 (the service may not speak FDv2; to use FDv1, set HALYARD_DATA_SAVING_MODE=off',
  )
  const fdv1 = await runRelayCommand(['--from-env'], { ...settings, HALYARD_DATA_SAVING_MODE: 'off' })
  expect(fdv1.code).toBe(1)
  expect(fdv1.output).toContain('the server answered 404')
  expect(fdv1.output).not.toContain('FDv2')
  expect(origin.fdv1.stream.received.length).toBeGreaterThan(0)
  origin.fdv1.stream.received.length = 0
  const ini = file(`[Main]\n  dataSavingMode = off\n  baseUri = ${origin.url}\n  streamUri = ${origin.url}\n`)
  const byFile = await runRelayCommand(['--config', ini], ONE)
  expect(byFile.code).toBe(1)
  expect(byFile.output).not.toContain('FDv2')
  expect(origin.fdv1.stream.received.length).toBeGreaterThan(0)
})

it('serves the other environments if one has no data', async () => {
  const flags = { a: constant('a', 1, 'one') }
  const { url } = await startService({ [KEY]: { flags } })
  const endpoints = { BASE_URI: url, STREAM_URI: url }
  const relay = await startRelayCommand(['--from-env'], { ...ONE, ...endpoints, LD_ENV_two: 'sdk-unknown' })
  await expect.poll(() => relay.output).toMatch(/start: no data yet for 1 of 2 environments:\s+two: /)
  expect((await relay.ask('/sdk/flags/a', KEY)).status).toBe(200)
  expect((await relay.ask('/sdk/flags/a', 'sdk-unknown')).status).toBe(503)
  expect(await relay.stop()).toBe(0)
})

it('(S93) logs the names of the environments that a reload changes', async () => {
  const flags = { a: constant('a', 1, 'one') }
  const { url } = await startService({ [KEY]: { flags }, second: { flags } })
  const of = (name: string, key: string): string => `[Environment "${name}"]\nsdkKey = ${key}\n`
  const path = file(of('one', KEY))
  const settings = { BASE_URI: url, STREAM_URI: url, PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' }
  const relay = await startRelayCommand(['--config', path], settings)
  writeFileSync(path, of('two', 'second'))
  await expect.poll(() => relay.output).toContain('configuration: reloaded: added two; removed one')
  writeFileSync(path, `# the same\n${of('two', 'second')}`)
  await expect.poll(() => relay.output).toContain('configuration: reloaded: no change')
  expect(await relay.stop()).toBe(0)
  expect(relay.output).toMatch(/\[info\] stopping: received SIGTERM\n$/)
})
