import { expect, test } from 'vitest'
import { VERSION } from '../../src/config/request-headers.ts'
import { running } from './running.ts'

test('help goes to stdout and is a success', async () => {
  expect(await running(['--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('halyard COMMAND'),
  })
  expect(await running(['dev', '--help'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('--sdk-key'),
  })
})

test('the version is that of the package', async () => {
  expect(await running(['--version'])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' })
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
])('%j is a wrong command line: exit 2 and why (S160, S161)', async (args, reason) => {
  expect(await running(args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(reason),
  })
})

test('a flag file that cannot be read is exit 1 and why', async () => {
  const { status, stderr } = await running(['dev', '/no/such/flags.json'])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^\/no\/such\/flags\.json: cannot be read: ENOENT/)
})
