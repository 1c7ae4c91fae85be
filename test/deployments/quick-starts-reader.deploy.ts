import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parsePage } from './support/quick-starts/page.ts'
import { Reader } from './support/quick-starts/reader.ts'

/** Returns a reader of a page, whose terminals need no registry. */
function readerOf(lines: readonly string[]): Reader {
  const reader = new Reader(['## Start', ...lines].join('\n'), { registry: 'http://127.0.0.1:9/' })
  onTestFinished(() => reader.close())
  return reader
}

const sh = (...commands: readonly string[]): readonly string[] => ['```sh', ...commands, '```']
const text = (...printed: readonly string[]): readonly string[] => ['```text', ...printed, '```']

describe('the reader of quick starts', () => {
  it('follows files, commands in several terminals, changes, and Ctrl+C', async () => {
    const reader = readerOf([
      'Save this as `a.txt`:',
      '```ini',
      'one',
      '```',
      'In the first terminal:',
      ...sh('tail -n +1 -f a.txt'),
      ...text('one'),
      'In a second terminal:',
      ...sh('mkdir inside', 'cd inside', 'cat ../a.txt'),
      ...text('one'),
      'Now press Ctrl+C in the first terminal.',
      'Replace `one` with `two` in `a.txt`. In the first terminal:',
      ...sh('cat a.txt'),
      ...text('two'),
    ])
    await reader.follow('Start')
    expect(readFileSync(join(reader.folder, 'a.txt'), 'utf8')).toBe('two\n')
  })

  it.each([
    ['another output', [...sh('echo one'), ...text('two')], 'line 5: expected this output:\ntwo'],
    ['more output than the page shows', [...sh('printf "one\\ntwo\\n"'), ...text('one')], 'line 5'],
    ['less output than the page shows', [...sh('echo one'), ...text('one', 'two')], 'line 5'],
    ['a command that fails', sh('echo one', 'false'), 'line 2: false: exit code 1'],
    [
      'a command that fails after its output',
      [...sh('echo one; exit_code() { return 3; }; exit_code'), ...text('one')],
      'exit code 3',
    ],
    [
      'a change of a text that the file lacks',
      ['Save this as `a`:', '```ini', 'x', '```', 'Replace `y` with `z` in `a`.'],
      'exactly once',
    ],
  ])('rejects %s', async (_, lines, message) => {
    await expect(readerOf(lines).follow('Start')).rejects.toThrow(message)
  })

  it('refuses a block that it would not follow', () => {
    expect(() => parsePage('## Start\n\nA program:\n\n```js\n1\n```')).toThrow(
      'line 5: the paragraph above the block must have',
    )
  })

  it('accepts other durations, times, and the lines that the page leaves out', async () => {
    const printed = 'a\nadded 1 package in 900ms\n2026-12-01T01:02:03.456Z [info] b\nc'
    const lines = [
      ...sh('cat printed'),
      ...text('…', 'added 1 package in 1s', '2026-01-01T00:00:00.000Z [info] …', '…'),
    ]
    const reader = readerOf(lines)
    writeFileSync(join(reader.folder, 'printed'), `${printed}\n`)
    await reader.follow('Start')
  })
})
