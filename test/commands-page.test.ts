import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { COMMANDS, type CommandGroup } from '../src/cli/command-table.ts'
import { run } from '../src/cli/commands.ts'
import { developing, folderForTest } from './cli/developing.ts'
import { running } from './cli/running.ts'
import { Terminal } from './cli/terminal.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/commands.md'), 'utf8')

/** Returns the blocks of the page with this language; `''` for outputs. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text as string)
}

const commands = blocks('sh')
const outputs = blocks('')

/** The words of a command line without quotes, and without `halyard`. */
function wordsOf(command = ''): readonly string[] {
  const words = command.trim().match(/'[^']*'|\S+/g) ?? []
  return words.slice(1).map((word) => word.replaceAll("'", ''))
}

function pathsOf({ commands: all }: CommandGroup): readonly string[] {
  return all.flatMap((each) =>
    'commands' in each ? pathsOf(each).map((path) => `${each.name} ${path}`) : [each.name],
  )
}

it('(WA2.1, WA3.1, WA3.2) prints the help and the errors that docs/commands.md shows', async () => {
  for (const index of [0, 1, 2]) {
    const { stdout, stderr } = await running(wordsOf(commands[index]))
    expect(outputs[index]).toBe(stdout + stderr)
  }
})

it('(WA2.2) docs/commands.md has a row for each command with an example of its help text', async () => {
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z ]+)` \| `(halyard .+?)` \|/gm)].map(([, name, example]) => [name, example]),
  )
  expect([...rows.keys()]).toEqual([...pathsOf(COMMANDS), 'help'])
  for (const path of pathsOf(COMMANDS)) {
    const { stdout } = await running([...path.split(' '), '--help'])
    expect(stdout.split('\n')).toContain(`  ${rows.get(path)}`)
  }
})

it('(WA4.1, WA5.1) prints on a terminal what docs/commands.md shows', async () => {
  const path = join(await folderForTest(), 'flags.yaml')
  await writeFile(path, blocks('yaml')[0] as string)
  const { url, server } = await developing(path)
  const terminal = new Terminal(80)
  const stopping = new AbortController()
  const args = wordsOf(commands[3]).map((word) => (word.startsWith('http:') ? url : word))
  const ended = run(args, {
    env: {},
    stdout: terminal.writeLine,
    stderr: terminal.writeLine,
    stdin: () => Promise.resolve(''),
    isTerminal: true,
    columns: () => terminal.columns,
    onStarted() {},
    signal: stopping.signal,
  })
  const seen = (text: string) => expect.poll(() => terminal.rows.join('\n')).toContain(text)
  const replace = async (from: string, to: string) =>
    writeFile(path, (await readFile(path, 'utf8')).replace(from, to))
  await seen('valid: streaming')
  await replace('fallthrough: { variation: 0 }', 'fallthrough: { variation: 1 }')
  await seen('FALLTHROUGH')
  await replace('on: true', 'on: false')
  await seen('OFF')
  await server.close()
  await seen('interrupted for')
  const shown = withoutTimes(terminal.rows.join('\n').replaceAll(url, 'http://127.0.0.1:8765'))
  const expected = withoutTimes(outputs[3] as string)
  // The end depends on how soon the client notices that the server is gone.
  const length = expected.indexOf('interrupted')
  expect(shown.slice(0, length)).toBe(expected.slice(0, length))
  stopping.abort()
  expect(await ended).toBe(0)
})

function withoutTimes(text: string): string {
  return text
    .replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/version \d+ → \d+/g, 'version N → N')
    .replaceAll(/\d+(\.\d)? s/g, 'N s')
}
