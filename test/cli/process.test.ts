import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openStream, outline } from '../server/raw-http.ts'
import { folderForTest } from './developing.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

function halyard(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('a process prints its result to stdout and exits with 0', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  expect(halyard('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

test('a process prints errors to stderr and exits with the code of the command', () => {
  const stderr = expect.stringContaining("Unknown option '--prot'; did you mean --port?")
  expect(halyard('dev', 'a.json', '--prot', '1')).toEqual({ status: 2, stdout: '', stderr })
  expect(halyard('inspect', '/no/such/file')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'the file /no/such/file does not exist\n',
  })
  expect(halyard('dev', '/no/such/flags.json')).toMatchObject({ status: 1, stdout: '' })
})

test('halyard dev serves until SIGTERM, sends its clients a goodbye and exits with 0', async () => {
  const path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flagValues": {"colour": "red"}}')
  const child = spawn(process.execPath, [main, 'dev', path, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += String(chunk)
  })
  const url = await vi.waitFor(
    () => /http:\S+/.exec(printed)?.[0] ?? Promise.reject(new Error(printed)),
    30_000,
  )
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  child.kill('SIGTERM')
  await stream.ended
  expect(outline(stream.text()).at(-1)).toMatch(/^goodbye /)
  expect(await exit).toEqual([0, null])
})
