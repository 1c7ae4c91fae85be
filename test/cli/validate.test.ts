import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, expect, it, vi } from 'vitest'
import { run } from '../../src/cli/commands.ts'
import { FlagFileError } from '../../src/flag-file/flag-file-error.ts'
import { readFlagFiles } from '../../src/flag-file/read.ts'
import { changedContent } from '../flag-file/arbitrary.ts'
import { folderForTest } from '../flag-file/folder.ts'

let folder: string

beforeEach(async () => {
  folder = await folderForTest()
})

interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `halyard validate`. In the output, the folder of the test is left out. */
async function validating(
  args: readonly string[],
  stdin: string | (() => Promise<string>) = '',
): Promise<Output> {
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  const code = await run(['validate', ...args], {
    env: {},
    stdout: (line) => void lines.stdout.push(`${line}\n`),
    stderr: (line) => void lines.stderr.push(`${line}\n`),
    stdin: typeof stdin === 'string' ? () => Promise.resolve(stdin) : stdin,
    isTerminal: false,
    columns: () => 80,
    onStarted() {},
    signal: new AbortController().signal,
  })
  const short = (texts: readonly string[]): string => texts.join('').replaceAll(`${folder}/`, '')
  return { code, stdout: short(lines.stdout), stderr: short(lines.stderr) }
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const FLAWED = `flags:
  checkout:
    on: yes
    variations: [true, false]
    falthrough: { variation: 0 }
    rules:
      - clauses: [{ attribute: email, op: endWith, values: ['@example.com'] }]
        variation: 7
`

const LINES = [
  'flawed.yaml:3:5: error: flags.checkout.on: expected true or false, found the string "yes"',
  'flawed.yaml:5:5: error: flags.checkout.falthrough: not a known member; did you mean fallthrough?',
  'flawed.yaml:7:39: error: flags.checkout.rules[0].clauses[0].op: expected an operator (did you mean endsWith?), found the string "endWith"',
  'flawed.yaml:8:9: error: flags.checkout.rules[0].variation: expected the index of a variation, 0 to 1, found the number 7',
]

it('(VF1.2, VF2.1) reports every problem with its place, in the order of the lines', async () => {
  const { code, stdout } = await validating([await file('flawed.yaml', FLAWED)])
  expect(stdout.split('\n')).toEqual([
    ...LINES,
    '1 file: 4 errors; references are checked when there are no errors',
    '',
  ])
  expect(code).toBe(1)
})

it('(VF1.2) reports more than 20 problems, repeated names, and all errors of the syntax', async () => {
  const many = Array.from({ length: 30 }, (_, index) => `"f${index}": {"on": 1}`).join(',\n')
  const paths = [
    await file('many.json', `{"flags": {${many}}}`),
    await file('twice.json', '{"flags": {"a": {"on": 1,\n"on": 2}}}'),
    await file('syntax.yaml', 'flags:\n  a: {on: *b\n  c: [1\n'),
  ]
  const { stdout } = await validating(paths)
  const lines = stdout.split('\n')
  expect(lines.filter((line) => line.startsWith('many.json'))).toHaveLength(30)
  expect(lines.filter((line) => line.startsWith('twice.json'))).toEqual([
    'twice.json:2:1: error: flags.a.on: occurs twice in the same object',
    'twice.json:2:1: error: flags.a.on: expected true or false, found the number 2',
  ])
  expect(lines.filter((line) => line.startsWith('syntax.yaml')).length).toBeGreaterThan(1)
})

it('(VF1.3, VF1.4, VF2.4) warns of missing references in the merged files, with file and line', async () => {
  const base = await file(
    'base.yaml',
    `flags:
  shop: { on: true, variations: [1], fallthrough: { variation: 0 }, owner: ada }
  cart:
    variations: [1]
    prerequisites:
      - { key: shop, variation: 0 }
      - { key: gone, variation: 0 }
`,
  )
  const more = await file(
    'more.json',
    '{"segments": {"s": {"rules": [{"clauses": [\n{"op": "segmentMatch", "values": ["t"]}]}]}}}',
  )
  const warnings = [
    'base.yaml:2:69: warning: flags.shop.owner: not a known member; it is kept and has no effect here',
    'base.yaml:7:11: warning: flags.cart.prerequisites[1].key: the prerequisite gone does not exist; the flag is off',
    'more.json:2:35: warning: segments.s.rules[0].clauses[0].values[0]: the segment t does not exist; it never matches',
    '2 files: 2 flags, 1 segment, 3 warnings',
  ]
  expect(await validating([base, more])).toEqual({ code: 0, stdout: `${warnings.join('\n')}\n`, stderr: '' })
  expect(await validating([base, more, '--strict'])).toMatchObject({ code: 1 })
  const rest = await file('rest.yaml', 'flagValues: { gone: 1 }\nsegments: { t: {} }')
  const { stdout } = await validating([base, more, rest])
  expect(stdout).not.toContain('does not exist')
})

it('(VF2.1, VF2.4) prints a summary for good files, and exits with 0', async () => {
  const path = await file('good.yaml', 'flagValues: { greeting: Ahoy }')
  expect(await validating([path, path, folder])).toEqual({
    code: 0,
    stdout: '1 file: 1 flag, 0 segments, no problems\n',
    stderr: '',
  })
})

it.each<[name: string, content: string | Uint8Array, output: string]>([
  ['empty.yaml', '', 'empty.yaml: error: the file is empty; without flags, its content is {}'],
  [
    'utf16.yaml',
    Buffer.from('\ufeffflags: {}', 'utf16le'),
    'utf16.yaml: error: is not UTF-8 (is it UTF-16?); save it as UTF-8',
  ],
  ['latin1.json', Uint8Array.of(0x22, 0xe9, 0x22), 'latin1.json: error: is not UTF-8; save it as UTF-8'],
  ['tabs.yaml', 'flags:\n\ta: {}\n', 'tabs.yaml:2:1: error: tabs are not allowed as indentation; use spaces'],
  [
    'yaml.txt',
    'flags: {}',
    'yaml.txt:1:2: error: unexpected "l" in JSON (is it YAML? then its name must end in .yaml or .yml)',
  ],
  [
    'key.yaml',
    '-----BEGIN PRIVATE KEY-----\nsecret\n',
    'key.yaml: error: expected an object with flags, segments or flagValues, found a text',
  ],
  [
    'deep.json',
    `{"flagValues":{"a":${'['.repeat(999)}${']'.repeat(999)}}}`,
    'deep.json:1:16: error: flagValues.a: nested deeper than 200 levels',
  ],
  [
    '\u001b[2J.json',
    '{"\\u001b[2J": 1}',
    '\\u001b[2J.json:1:2: error: "\\u001b[2J": not a section of a flag file; known are flags, segments, flagValues',
  ],
])('(VF1.5, VF2.5) refuses %j with a clear error', async (name, content, output) => {
  const { code, stdout } = await validating([await file(name, content)])
  expect([code, stdout.split('\n')[0]]).toEqual([1, output])
})

it('(VF1.5) reports a missing file and a folder without flag files, and checks the others', async () => {
  const good = await file('a.json', '{"flags": 1}')
  const { code, stdout } = await validating([join(folder, 'no.json'), join(folder, 'no/'), '/dev/null', good])
  expect(stdout.split('\n')).toEqual([
    expect.stringContaining('no.json: error: cannot be read: ENOENT'),
    expect.stringContaining('no/: error: cannot be read: ENOENT'),
    '/dev/null: error: is a pipe, a socket or a device; name a regular file',
    'a.json:1:2: error: flags: expected an object, found the number 1',
    expect.stringContaining('4 files: 4 errors'),
    '',
  ])
  expect(code).toBe(1)
})

it('(VF1.6) ignores a byte order mark, and refuses aliases that repeat too much data', async () => {
  expect(
    await validating([await file('bom.yaml', '\ufeffflags: {}'), await file('bom.json', '\ufeff{}')]),
  ).toMatchObject({
    code: 0,
  })
  const level = (index: number): string => `  v${index}: &v${index} [${`*v${index - 1},`.repeat(9)}]`
  const bomb = [
    'flagValues:',
    '  v0: &v0 [x]',
    ...Array.from({ length: 9 }, (_, index) => level(index + 1)),
  ].join('\n')
  expect((await validating([await file('bomb.yaml', bomb)])).stdout).toContain(
    'bomb.yaml: error: its aliases (*name) repeat too much data; write the values out\n',
  )
})

it('(VF1.7) reads the standard input as JSON or YAML', async () => {
  expect((await validating(['-'], '{"flags": {"a": }}')).stdout).toContain(
    'stdin:1:17: error: unexpected "}" in JSON',
  )
  expect((await validating(['-'], 'flags:\n  a: 1\n')).stdout).toContain(
    'stdin:2:3: error: flags.a: expected an object (a plain value belongs in the section flagValues), found the number 1',
  )
  expect(await validating(['-'], 'flagValues: {a: 1}')).toMatchObject({ code: 0 })
})

it('(VF2.2) prints problems as JSON', async () => {
  const path = await file('flawed.yaml', FLAWED)
  const { code, stdout } = await validating(['--json', path, join(folder, 'none.json')])
  const problems = JSON.parse(stdout) as readonly unknown[]
  expect(problems).toHaveLength(5)
  expect([problems[0], problems[4]]).toEqual([
    {
      file: 'flawed.yaml',
      line: 3,
      column: 5,
      path: 'flags.checkout.on',
      severity: 'error',
      message: 'expected true or false, found the string "yes"',
    },
    {
      file: 'none.json',
      line: null,
      column: null,
      path: null,
      severity: 'error',
      message: expect.stringContaining('ENOENT') as string,
    },
  ])
  expect(code).toBe(1)
  expect(await validating(['--json', await file('good.json', '{}')])).toEqual({
    code: 0,
    stdout: '[]\n',
    stderr: '',
  })
})

it('(VF2.3) prints annotations of GitHub Actions, with escaped characters', async () => {
  const path = await file('a,b%.json', '{"flags":\n {"100%": 1}}')
  expect((await validating(['--format', 'github', path])).stdout).toBe(
    '::error file=a%2Cb%25.json,line=2,col=3::flags."100%25": expected an object (a plain value belongs in the section flagValues), found the number 1\n',
  )
  expect(await validating(['--format', 'github', await file('good.json', '{}')])).toMatchObject({
    stdout: '',
  })
})

it('(VF2.5) prints annotations without control characters', async () => {
  const path = await file('\u009b.json', '{"flags": {"a": {"on": "\u009b31m"}}}')
  const { stdout } = await validating(['--format', 'github', path])
  expect(stdout).toContain('found the string "\\u009b31m"')
  expect(stdout).not.toContain('\u009b')
})

it('reads the standard input once if it is named twice', async () => {
  const read = vi.fn().mockResolvedValueOnce('{"flags": {}}').mockResolvedValue('')
  expect(await validating(['-', '-'], read)).toMatchObject({ code: 0, stderr: '' })
})

it.each([
  [[], 'validate needs a flag file, a folder, or -'],
  [['--format', 'xml', 'a.json'], '--format must be text, json or github, not xml'],
  [['--json', '--format', 'text', 'a.json'], '--json and --format text do not go together'],
  [['--strikt', 'a.json'], "Unknown option '--strikt'; did you mean --strict?"],
])('(VF2.4) exits with 2 for the wrong command line %j', async (args, message) => {
  const { code, stdout, stderr } = await validating(args)
  expect([code, stdout, stderr.split('\n')[0]]).toEqual([2, '', message])
})

it('(VF1.1, VF1.3) accepts what a server accepts, with the same problems', async () => {
  const outcomes = { accepted: 0, refused: 0 }
  const extension = fc.constantFrom('json', 'yaml')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(changedContent, extension), { minLength: 1, maxLength: 2 }),
      async (contents) => {
        const paths: string[] = []
        for (const [index, [content, ending]] of contents.entries())
          paths.push(await file(`${index}.${ending}`, JSON.stringify(content, null, 1)))
        const read = await readFlagFiles({ paths }).catch((error: unknown) => error)
        const { code, stdout } = await validating(paths)
        outcomes[code === 0 ? 'accepted' : 'refused'] += 1
        if (read instanceof FlagFileError) {
          expect(code).toBe(1)
          const [first = ''] = read.message.split('\n')
          const place = first.slice(0, first.indexOf(': '))
          expect(stdout).toContain(first.slice(place.length).replace(/^: /, ': error: '))
        } else {
          expect([code, stdout.match(/: warning: /g)?.length ?? 0]).toEqual([
            0,
            (read as { readonly warnings: readonly string[] }).warnings.length,
          ])
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(30)
})
