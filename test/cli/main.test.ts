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
  [[], 'halyard needs a command'],
  [['fly'], 'unknown command fly'],
  [['dev'], 'dev needs the path of a flag file'],
  [['dev', 'a.json', '--port', '70000'], '--port: expected a port, 0 (any) to 65535, received "70000"'],
  [['dev', 'a.json', '--speed'], "Unknown option '--speed'"],
  [['dev', 'a.json', '--prot', '1'], "Unknown option '--prot'; did you mean --port?"],
  [['inspect', 'a', '--verfy'], "Unknown option '--verfy'; did you mean --verify?"],
  [['relay', '--confg=x'], "Unknown option '--confg'; did you mean --config?"],
  [['relais'], 'unknown command relais; did you mean relay?'],
  [
    ['dev', 'a.json', '--sdk-key', ''],
    '--sdk-key: expected an SDK key, received an empty string (is the environment',
  ],
])('exits with 2 and the reason for %j (S160, S161)', async (args, reason) => {
  expect(await running(args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(reason),
  })
})

test.each([
  ['redis://ada:hunter2@h'],
  ['relay'],
  ['health'],
  ['ready'],
  ['doctor'],
  ['validate', '--frmat'],
  ['explain', 'flag'],
  ['watch', 'http://h'],
  ['inspect', 'redis://h'],
  ['archive'],
  ['archive', 'export', '--out', 'a'],
  ['archive', 'import', 'a'],
  ['archive', 'show', 'a'],
])('(WA3.4) halyard %s does not repeat a password', async (...words) => {
  const { status, stdout, stderr } = await running([...words, 'redis://ada:hunter2/@h'])
  expect(status).toBe(2)
  expect(stdout + stderr).not.toContain('hunter2')
})
