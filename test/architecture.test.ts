import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { unitTests } from './support/unit-tests.ts'

/** The table of docs/spec/README.md: a folder imports only folders of lower rank. */
const RANKS: Readonly<Record<string, number>> = {
  selector: 0,
  async: 0,
  model: 1,
  transport: 2,
  protocol: 2,
  'flag-file': 2,
  options: 3,
  layout: 2,
  exchange: 3,
  initializers: 4,
  synchronizers: 4,
  store: 4,
  evaluation: 4,
  migrations: 5,
  overrides: 5,
  datasystem: 5,
  events: 5,
  'big-segments': 5,
  server: 5,
  config: 6,
  testing: 6,
  client: 7,
  relay: 7,
  openfeature: 8,
  launchdarkly: 8,
  cli: 8,
  'index.ts': 8,
}

/** The letters of the topics of docs/spec. New ones are added here. */
const LETTERS = '(?:[DS]|AC|AE|BS|CS|DO|EX|FS|MG|OV|PG|RE|RO|VF|WA)'

interface Module {
  readonly path: string
  readonly folder: string
  readonly text: string
  readonly imports: readonly string[]
}

const root = join(import.meta.dirname, '..')

const modules: readonly Module[] = globSync('src/**/*.{ts,js}', { cwd: root }).map((path) => {
  const text = readFileSync(join(root, path), 'utf8')
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string)
  return { path, folder: folderOf(path), text, imports }
})

function folderOf(path: string): string {
  return path.split('/')[1] as string
}

/** Returns the text of a module without comments. */
function codeOf({ text }: Module): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
}

function offenders(find: (module: Module) => boolean): string[] {
  return modules.filter(find).map(({ path }) => path)
}

it('finds the modules of src', () => {
  expect(modules.length).toBeGreaterThan(40)
})

it('gives every folder a rank', () => {
  expect(
    offenders(({ folder }) => !(folder in RANKS)),
    'Add the folder to RANKS in this file and to the table of docs/spec/README.md',
  ).toEqual([])
})

it('has the ranks of docs/spec/README.md', () => {
  const page = readFileSync(join(root, 'docs/spec/README.md'), 'utf8')
  const rows = [...page.matchAll(/^\| (\d) \| (.*) \|$/gm)]
  const listed = rows.flatMap(([, rank, cell]) =>
    [...String(cell).matchAll(/(?<=^|, )`([\w.-]+)`/g)].map(([, name]) => [name, Number(rank)]),
  )
  expect(
    Object.fromEntries(listed),
    'Make RANKS in this file and the table of docs/spec/README.md the same',
  ).toEqual(RANKS)
})

it('lets a folder import only folders of lower rank', () => {
  const wrong = modules.flatMap(({ path, folder, imports }) =>
    imports
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => folderOf(relative(root, normalize(join(root, dirname(path), specifier)))))
      .filter((target) => target !== folder)
      .filter((target) => (RANKS[target] ?? 99) >= (RANKS[folder] ?? -1))
      .map((target) => `${path} (rank ${RANKS[folder]}) imports ${target} (rank ${RANKS[target]})`),
  )
  expect(
    wrong,
    'Move the shared code to a folder of lower rank, or pass the value as a parameter. The ranks: docs/spec/README.md#ranks-of-folders',
  ).toEqual([])
})

it('lets no other folder import testing', () => {
  expect(
    offenders(
      ({ folder, imports }) => folder !== 'testing' && imports.some((name) => name.includes('/testing/')),
    ),
  ).toEqual([])
})

it('limits files to 250 lines, and their median to 100', () => {
  const lengths = modules.map(({ text }) => text.split('\n').length).sort((a, b) => a - b)
  expect(
    offenders(({ text }) => text.split('\n').length > 250),
    'Move a part with a purpose of its own to another file (docs/decisions/0027-division-into-files.md)',
  ).toEqual([])
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100)
})

it('uses timers and clocks only in src/async/clock.ts', () => {
  // The script of the page runs in browsers.
  const free = /^src\/(async\/clock\.ts|relay\/page\/browser\/)/
  const timers =
    /\b(setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|performance\.now|AbortSignal\.timeout)\b|new Date\(\)|node:timers/
  expect(
    offenders((module) => !free.test(module.path) && timers.test(codeOf(module))),
    'Take a Clock as a parameter (src/async/clock.ts): its methods replace timers and Date.now',
  ).toEqual([])
})

it('uses Math.random only for the default of config', () => {
  expect(
    offenders((module) => module.folder !== 'config' && /\bMath\.random\b/.test(codeOf(module))),
    'Take the function `random` as a parameter',
  ).toEqual([])
})

it('uses Promise.race and AbortSignal.any only in async', () => {
  expect(
    offenders((module) => module.folder !== 'async' && /Promise\.race|AbortSignal\.any/.test(codeOf(module))),
    'Use the functions of src/async, which remove their listeners',
  ).toEqual([])
})

it('has no any, no ts-ignore, no empty catch, no enum, and no boolean parameter', () => {
  const any = /:\s*any\b|\bas any\b|<any>|@ts-(ignore|nocheck|expect-error)/
  const emptyCatch = /catch\s*(\([^)]*\))?\s*\{\s*\}/
  // A fallback value is data of type boolean, not an option.
  const booleanParameter = /[(,]\s*(?!defaultValue\b)\w+\??: boolean\s*[,)=]/
  // As in the official SDK, so that programs written for its types compile here (S146).
  const official = [
    'src/evaluation/context.ts',
    'src/client/variations.ts',
    'src/client/flags-state.ts',
    'src/migrations/migration-options.ts',
  ]
  expect(
    offenders((module) => any.test(codeOf(module)) && !official.includes(module.path)),
    'Write the type, or unknown and a check, instead of any or @ts-ignore',
  ).toEqual([])
  for (const [forbidden, remedy] of [
    [emptyCatch, 'Handle the error, or say in the block why it may be ignored'],
    [/\benum\s+\w/, 'Use a union of texts instead of an enum'],
    [booleanParameter, 'Use a union of texts, or two functions, instead of a boolean parameter'],
  ] as const) {
    expect(
      offenders((module) => forbidden.test(codeOf(module))),
      remedy,
    ).toEqual([])
  }
})

it('has no optional methods in the interfaces that others implement', () => {
  const ports = [
    'src/transport/transport.ts',
    'src/model/persistent-store.ts',
    'src/initializers/initializer.ts',
    'src/synchronizers/synchronizer.ts',
    'src/async/clock.ts',
    'src/model/change-set.ts',
    'src/model/logger.ts',
  ]
  for (const port of ports) expect(readFileSync(join(root, port), 'utf8')).not.toMatch(/^\s+\w+\?\(/m)
})

it('(S130.1) imports undici only in transport, and never its main module, which sets the global dispatcher', () => {
  const isTransport = (path: string): boolean => path.startsWith('src/transport/undici')
  expect(offenders(({ path, text }) => !isTransport(path) && /'undici[/']/.test(text))).toEqual([])
  const imports = /^import (?!type\b)(?:(?!\nimport )[^;])*?from 'undici'|import\('undici'\)/m
  expect(offenders(({ text }) => imports.test(text))).toEqual([])
})

it('uses no terms of feature flags in async', () => {
  expect(
    offenders(
      (module) => module.folder === 'async' && /\b(flag|selector|segment|payload)s?\b/i.test(codeOf(module)),
    ),
  ).toEqual([])
})

it('names files in kebab-case', () => {
  expect(offenders(({ path }) => !/^src\/([a-z0-9-]+\/)*[a-z0-9-]+\.(ts|js)$/.test(path))).toEqual([])
})

it('has tests for every folder', () => {
  const folders = new Set(
    modules.map(({ folder }) => folder).filter((folder) => !folder.endsWith('.ts') && folder !== 'model'),
  )
  expect([...folders].filter((folder) => !existsSync(join(root, 'test', folder)))).toEqual([])
})

describe('docs/spec', () => {
  const topics = readTopics()

  it('numbers the sentences of each topic from 1, and each topic once', () => {
    const wrong = topics
      .filter(({ sentences }) => sentences.some((number, index) => number !== index + 1))
      .map(({ topic, sentences }) => `${topic}: ${sentences.join(', ')}`)
    expect(topics.length).toBeGreaterThan(100)
    expect(
      wrong,
      'Number the sentences of a topic 1, 2, 3 and so on, each with the number of its topic (otherwise it is NaN here)',
    ).toEqual([])
    expect(new Set(topics.map(({ topic }) => topic)).size).toBe(topics.length)
  })

  it('knows the letters of all topics, and of the numbers in the titles of tests', () => {
    const textsOf = (pattern: string): string[] =>
      globSync(pattern, { cwd: root, exclude: ['**/node_modules'] }).map((path) =>
        readFileSync(join(root, path), 'utf8'),
      )
    const headings = textsOf('docs/spec/*.md').flatMap(
      (text) => text.match(/(?<=^### )[A-Z]+\d+(?=\. )/gm) ?? [],
    )
    const titles = textsOf('test/**/*.test.ts').flatMap(
      (text) => text.match(/(?<=\b(?:it|test|describe)\((?:'|`)\(?)[A-Z]{1,2}\d+\.\d+\b/g) ?? [],
    )
    const known = new RegExp(`^${LETTERS}\\d`)
    expect(
      [...headings, ...titles].filter((number) => !known.test(number)),
      'Correct the letters, or add new ones to LETTERS in this file',
    ).toEqual([])
  })

  it('has a test for each topic, and tests quote only numbers that exist', () => {
    const tests = globSync('test/**/*.ts', { cwd: root, exclude: ['**/node_modules'] })
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n')
    const quoted = new Set(tests.match(new RegExp(`\\b${LETTERS}\\d+(\\.\\d+)?\\b`, 'g')))
    const numbersOf = ({ topic, sentences }: Topic): string[] => [
      topic,
      ...sentences.map((sentence) => `${topic}.${sentence}`),
    ]
    const untested = topics.filter((topic) => !numbersOf(topic).some((number) => quoted.has(number)))
    expect(
      untested.map(({ topic }) => topic),
      'Add a test with the number in its title, such as (D8.1)',
    ).toEqual([])
    const known = new Set(topics.flatMap(numbersOf))
    expect(
      [...quoted].filter((number) => !known.has(number)),
      'These numbers in tests are not in docs/spec: correct them, or add the sentences',
    ).toEqual([])
  })
})

interface Topic {
  readonly topic: string
  readonly sentences: readonly number[]
}

/** Returns each heading of docs/spec that is a topic (`### D8. Title`), with the numbers below it. */
function readTopics(): Topic[] {
  return globSync('docs/spec/*.md', { cwd: root })
    .flatMap((path) => readFileSync(join(root, path), 'utf8').split(/^(?=#)/m))
    .flatMap((section) => {
      const topic = new RegExp(`^### (${LETTERS}\\d+)\\. `).exec(section)?.[1]
      if (topic === undefined) return []
      const numbers = [...section.matchAll(/^- \*\*([A-Z]+\d+)\.(\d+)\*\* /gm)]
      return [{ topic, sentences: numbers.map(([, of, number]) => (of === topic ? Number(number) : NaN)) }]
    })
}

it('has no test that waits less than a minute for a state, because a busy machine needs longer', () => {
  const paths = globSync('test/**/*.ts', { cwd: root, exclude: ['test/deployments/**'] })
  const isShort = (path: string): boolean =>
    /\bpoll\([\s\S]{0,200}?\{ (?:interval: \d+, )?timeout: [1-5]?\d?_?\d{3} /.test(
      readFileSync(join(root, path), 'utf8'),
    )
  expect(paths.filter(isShort)).toEqual([])
})

describe('the unit tests', () => {
  const unit = unitTests()
  const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

  it('exclude files that start processes, open sockets, use a database or a browser, or replace modules', () => {
    const slow =
      /from '(node:(child_process|https?|http2|net|tls)|ioredis|dynalite|msw|playwright-core)'|support\/(origin|redis-server|consul-agent|child)\.ts'|\bvi\.mock\(/
    const imports = (path: string): string =>
      [...textOf(path).matchAll(/^import (?!type )[\s\S]*?from '.*'|\bvi\.mock\(/gm)].join('\n')
    expect(unit.filter((path) => slow.test(imports(path)))).toEqual([])
    expect(unit.filter((path) => path.startsWith('test/simulation/'))).toEqual([])
  })

  it('include the tests of functions and of virtual time', () => {
    expect(unit.length).toBeGreaterThan(150)
    const expected = [
      'test/async/queue.test.ts',
      'test/evaluation/evaluate.test.ts',
      'test/stories/failover.test.ts',
    ]
    expect(unit).toEqual(expect.arrayContaining(expected))
  })
})
