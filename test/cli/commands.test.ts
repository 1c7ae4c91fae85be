import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { COMMANDS, type CommandGroup } from '../../src/cli/command-table.ts'
import { running } from './running.ts'

const root = join(import.meta.dirname, '../..')

/** The words that select each command, for example `['archive', 'export']`. */
const PATHS: readonly (readonly string[])[] = pathsOf(COMMANDS)

function pathsOf({ commands }: CommandGroup): readonly (readonly string[])[] {
  return commands.flatMap((each) =>
    'commands' in each ? pathsOf(each).map((path) => [each.name, ...path]) : [[each.name]],
  )
}

async function helpOf(path: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await running([...path, '--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** Returns the options that a help text lists, for example `--sdk-key`. */
function optionsIn(help: string): readonly string[] {
  const forms = help.split('\n').filter((line) => /^ {2}-/.test(line))
  return forms.flatMap((line) => (line.trim().split('  ')[0] ?? '').match(/--[a-z\d-]+/g) ?? [])
}

it.each(PATHS)('(WA2.1) halyard help %s prints the help text of the command', async (...path) => {
  expect((await running(['help', ...path])).stdout).toBe(await helpOf(path))
})

it('(WA2.1) halyard help and halyard help archive print the commands of the list', async () => {
  const help = await helpOf([])
  expect((await running(['help'])).stdout).toBe(help)
  for (const { name, summary } of COMMANDS.commands)
    expect(help).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'))
  const archive = await helpOf(['archive'])
  expect((await running(['help', 'archive'])).stdout).toBe(archive)
  expect((await running(['archive', 'help', 'show'])).stdout).toBe(await helpOf(['archive', 'show']))
  expect(archive).toContain('\n  export  ')
})

it.each([[], ['archive'], ...PATHS])(
  '(WA2.2, WA2.3) the help text of halyard %s has its parts in 80 columns',
  async (...path) => {
    const help = await helpOf(path)
    const [usage = ''] = help.split('\n')
    expect(usage).toMatch(new RegExp(`^Usage: ${['halyard', ...path].join(' ')}( |$)`))
    expect(optionsIn(help)).toContain('--help')
    const [, examples = ''] = /^Examples:\n((?: {2}halyard .+\n)+)/m.exec(help) ?? []
    expect(examples).not.toBe('')
    const pages = /^Documentation: (.*)$/m.exec(help)?.[1]?.match(/docs\/[\w-]+\.md/g) ?? []
    expect(pages).not.toEqual([])
    for (const page of pages) expect(existsSync(join(root, page)), page).toBe(true)
    expect(
      help
        .replace(examples, '')
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([])
  },
)

it('(WA2.4) prints the help text and a hint to standard error without a command', async () => {
  const { status, stdout, stderr } = await running([])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toBe(
    `${await helpOf([])}\nhalyard needs a command; for example, halyard dev flags.yaml serves a flag file\n`,
  )
})

it.each([
  ['fly', 'unknown command fly\n\nUsage: halyard COMMAND [options]\n'],
  ['relais', 'unknown command relais; did you mean relay?\n'],
  ['insp', 'unknown command insp; did you mean inspect?\n'],
  ['hepl dev', 'unknown command hepl; did you mean help?\n'],
  ['help dve', 'unknown command dve; did you mean dev?\n'],
  [
    'archive exprot',
    'unknown command archive exprot; did you mean export?\n\nUsage: halyard archive COMMAND',
  ],
  ['--verison', 'unknown option --verison; did you mean --version?\n'],
  ['--port 80 dev', 'unknown option --port; options of a command follow its name\n'],
])('(WA3.1) names the wrong word, the nearest one and the usage for %s', async (line, message) => {
  const { status, stdout, stderr } = await running(line.split(' '))
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr.slice(0, message.length)).toBe(message)
  expect(stderr).toContain('--help lists the commands.')
})

it.each([
  ['dev a.json --fil x', "Unknown option '--fil'"],
  ['dev a.json --sdkkey x', "Unknown option '--sdkkey'; did you mean --sdk-key?"],
  ['dev a.json --sdk x', "Unknown option '--sdk'; did you mean --sdk-key?"],
  ['relay --fil x', "Unknown option '--fil'; did you mean --file?"],
  ['dev a.json -port 80', "Unknown option '-p'; did you mean --port?"],
  ['dev a.json --port --events', "Option '--port' argument is ambiguous"],
])('(WA3.2) explains the wrong option of %s', async (line, message) => {
  const { status, stderr } = await running(line.split(' '))
  expect(status).toBe(2)
  expect(stderr.split('\n')[0]).toBe(message)
})

it.each(PATHS)(
  '(WA3.2) suggests each option of halyard %s if one of its letters is missing',
  async (...path) => {
    const help = await helpOf(path)
    const [usage] = help.split('\n')
    for (const option of optionsIn(help)) {
      const misspelt = option.replace(/^(--.)./, '$1')
      const { status, stdout, stderr } = await running([...path, misspelt])
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toBe(
        `Unknown option '${misspelt}'; did you mean ${option}?\n\n${usage}\nhalyard ${path.join(' ')} --help explains the command.\n`,
      )
    }
  },
)
