import { expect, test } from 'vitest'
import { VERSION } from '../../src/config/request-headers.ts'
import { running } from './running.ts'

test('prints help to stdout and exits with 0', async () => {
  expect(await running(['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('halyard COMMAND'),
  })
  expect(await running(['dev', '--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('--sdk-key'),
  })
})

test('prints the version of the package', async () => {
  expect(await running(['--version'])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' })
})

test.each([
  [[], 'no command was given'],
  [['fly'], 'unknown command fly'],
  [['dev'], 'dev needs the path of a flag file'],
  [['dev', 'a.json', 'b.json'], 'dev serves one file; unexpected arguments: b.json'],
  [['dev', 'a.json', '--port', '70000'], '--port must be 0 to 65535, not 70000'],
  [['dev', 'a.json', '--speed'], "Unknown option '--speed'"],
  [['dev', 'a.json', '--prot', '1'], "Unknown option '--prot'; did you mean --port?"],
  [['inspect', 'a', '--verfy'], "Unknown option '--verfy'; did you mean --verify?"],
  [['relay', '--confg=x'], "Unknown option '--confg'; did you mean --config?"],
  [['relais'], 'unknown command relais; did you mean relay?'],
  [
    ['dev', 'a.json', '--sdk-key', ''],
    '--sdk-key must be an SDK key, not an empty string (is the environment',
  ],
])('exits with 2 and the reason for %j (S160, S161)', async (args, reason) => {
  expect(await running(args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(reason),
  })
})

test('exits with 1 and the reason if it cannot read the flag file', async () => {
  const { status, stderr } = await running(['dev', '/no/such/flags.json'])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^\/no\/such\/flags\.json: cannot be read: ENOENT/)
})
