import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

function halyard(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('help goes to stdout and is a success', () => {
  expect(halyard('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('halyard COMMAND') })
  expect(halyard('dev', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--sdk-key') })
})

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  expect(halyard('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  [[], 'a command is missing'],
  [['fly'], 'there is no command fly'],
  [['dev'], 'dev needs the path of a flag file'],
  [['dev', 'a.json', 'b.json'], 'dev serves one file; what is b.json?'],
  [['dev', 'a.json', '--port', '70000'], '--port must be 0 to 65535, not 70000'],
  [['dev', 'a.json', '--speed'], "Unknown option '--speed'"],
  [['dev', 'a.json', '--prot', '1'], "Unknown option '--prot'; did you mean --port?"],
  [['inspect', 'a', '--verfy'], "Unknown option '--verfy'; did you mean --verify?"],
  [['relay', '--confg=x'], "Unknown option '--confg'; did you mean --config?"],
  [['relais'], 'there is no command relais; did you mean relay?'],
  [
    ['dev', 'a.json', '--sdk-key', ''],
    '--sdk-key must be an SDK key, not an empty string (is the environment',
  ],
])('%j is a wrong command line: exit 2 and why (S160, S161)', (args, reason) => {
  expect(halyard(...args)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(reason) })
})

test('a flag file that cannot be read is exit 1 and why', () => {
  const { status, stderr } = halyard('dev', '/no/such/flags.json')
  expect(status).toBe(1)
  expect(stderr).toMatch(/^\/no\/such\/flags\.json: cannot be read: ENOENT/)
})
