import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/explain.md'), 'utf8')

/** Returns the blocks of the page with this language; `''` for the output of commands. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text as string)
}

/** Writes the files of the page into a folder, and returns a function that runs `halyard` there. */
function folder(flags = blocks('yaml')[0] as string): (command: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-explain-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  writeFileSync(join(path, 'flags.yaml'), flags)
  writeFileSync(join(path, 'carl.json'), blocks('json')[0] as string)
  return (command) => {
    const [, ...args] = command.trim().replace('npx ', '').split(' ')
    const env = { ...process.env, FORCE_COLOR: '' }
    const options = { cwd: path, encoding: 'utf8', env } as const
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/cli/main.ts'), ...args], options)
    return stdout + stderr
  }
}

it('(EX4.1, EX4.2) prints what docs/explain.md shows', () => {
  const run = folder()
  const commands = blocks('sh')
  const outputs = blocks('')
  expect(commands).toHaveLength(2)
  expect(commands.map(run)).toEqual(outputs)
})

it.each([
  ['a lower version', 'values: ["4.0.0"]', 'values: ["4.0.0-0"]', 'RULE_MATCH, rule 0 (paying)'],
  ['no exclusion', 'excluded: [carl]', 'excluded: []', 'RULE_MATCH, rule 1 (staff)'],
])('serves the new page after the correction of docs/explain.md: %s', (_, from, to, reason) => {
  const [flags = ''] = blocks('yaml')
  expect(flags).toContain(from)
  const output = folder(flags.replace(from, to))(blocks('sh')[0] as string)
  expect(output).toContain('Value     "new" (variation 1)')
  expect(output).toContain(`Reason    ${reason}`)
})
