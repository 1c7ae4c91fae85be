import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { startDevServer } from '../src/cli/dev.ts'
import { running } from './cli/running.ts'
import { folderForTest } from './flag-file/folder.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/flag-file.md'), 'utf8')

interface Block {
  readonly type: 'file' | 'output'
  readonly name: string
  readonly text: string
}

interface Table {
  readonly type: 'table'
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Returns the flag files, outputs and tables of a section, in their order. */
function partsOf(section: string): readonly (Block | Table)[] {
  const parts = section.matchAll(/^```(\w*)\n(.*?)^```$|^\|[^\n]*(?:\n\|[^\n]*)+/gms)
  return [...parts].flatMap(([whole, language, content = '']): (Block | Table)[] => {
    if (language === undefined) return [tableOf(whole)]
    if (language === '') return [{ type: 'output', name: '', text: content }]
    const name = /^# (\S+\.yaml)\n/.exec(content)?.[1] ?? `flags.${language}`
    const isFlagFile = /^flag|"flagValues"/m.test(content)
    return isFlagFile ? [{ type: 'file', name, text: content }] : []
  })
}

function tableOf(text: string): Table {
  const [header = [], , ...rows] = text.split('\n').map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
  return { type: 'table', header, rows }
}

function code(cell: string): string {
  return /^`(.*)`$/.exec(cell)?.[1] ?? ''
}

interface Example {
  readonly files: readonly Block[]
  readonly claims: Block | Table | undefined
}

/** Returns the groups of files of a section, each with the output or table that follows. */
function examplesOf(section: string): readonly Example[] {
  return partsOf(section).reduce<Example[]>((found, part) => {
    const last = found.at(-1)
    if (part.type === 'file' && last && !last.claims)
      return found.with(-1, { ...last, files: [...last.files, part] })
    if (part.type === 'file') return found.concat({ files: [part], claims: undefined })
    return last && !last.claims ? found.with(-1, { ...last, claims: part }) : found
  }, [])
}

const sections = page.split(/^## /m)
const examples = sections.flatMap(examplesOf)

async function folderOf(files: readonly Block[]): Promise<string> {
  const folder = join(await folderForTest(), 'flags')
  await mkdir(folder)
  for (const { name, text } of files) await writeFile(join(folder, name), text)
  return folder
}

const withValues = examples.flatMap(({ files, claims }) =>
  claims?.type === 'table' && claims.header[0] === 'Context' ? [{ files, table: claims }] : [],
)
const withOutput = examples.flatMap(({ files, claims }) =>
  claims?.type === 'output' ? [{ files, output: claims.text }] : [],
)

it('finds the examples of docs/flag-file.md', () => {
  expect([withValues.length, withOutput.length, examples.length]).toEqual([13, 3, 19])
})

it.each(examples.filter(({ claims }) => claims?.type !== 'output').flatMap(({ files }) => files))(
  'docs/flag-file.md has a sound $name: $text',
  async ({ name, text }) => {
    const folder = await folderOf([{ type: 'file', name, text }])
    expect(await running(['validate', '--strict', folder])).toMatchObject({ status: 0, stderr: '' })
  },
)

it.each(withValues)(
  'the values of docs/flag-file.md are those of $files.0.text',
  async ({ files, table }) => {
    const folder = await folderOf(files)
    const [, ...flags] = table.header.map(code)
    expect(flags.length).toBeGreaterThan(0)
    for (const [context = '', ...values] of table.rows.map((row) => row.map(code))) {
      const { stdout } = await running(['explain', '--context', context, '--from', folder, '--json'])
      const found = (
        JSON.parse(stdout) as { readonly flags: readonly { readonly key: string; readonly value: unknown }[] }
      ).flags
      const served = new Map(found.map(({ key, value }) => [key, value]))
      expect([context, ...flags.map((key) => JSON.stringify(served.get(key)))]).toEqual([context, ...values])
    }
  },
)

it.each(withOutput)(
  'halyard validate prints what docs/flag-file.md shows about $files.0.name',
  async ({ files, output }) => {
    const folder = await folderOf(files)
    const { stdout } = await running(['validate', join(folder, files[0]?.name ?? '')])
    expect(stdout.replaceAll(`${folder}/`, '')).toBe(output)
  },
)

it('the remedies of docs/flag-file.md are about messages of its example', () => {
  const remedies = sections
    .flatMap(partsOf)
    .find((part) => part.type === 'table' && part.header[0] === 'Message') as Table
  const [mistakes] = withOutput
  const messages = remedies.rows.flatMap(([cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, message]) => String(message)),
  )
  for (const message of messages) expect(mistakes?.output).toContain(message)
  expect(mistakes?.output.match(/: error: /g)).toHaveLength(messages.length)
})

it('clients of each kind see the flags that docs/flag-file.md says', async () => {
  const example = examples.find(
    ({ claims }) => claims?.type === 'table' && claims.header[0] === 'Client',
  ) as Example
  const files = [await folderOf(example.files)]
  const server = await startDevServer({ files, logger: { info() {}, warn() {}, error() {} }, port: 0 })
  try {
    const context = Buffer.from('{"kind":"user","key":"ada"}').toString('base64url')
    const paths = [
      `/sdk/evalx/local/contexts/${context}`,
      `/msdk/evalx/contexts/${context}`,
      '/sdk/latest-all',
    ]
    const keys = ['', 'mob-local', 'sdk-local']
    const seen = await Promise.all(
      paths.map(async (path, index) => {
        const response = await fetch(`${server.url}${path}`, {
          headers: { authorization: keys[index] ?? '' },
        })
        const body = (await response.json()) as { readonly flags?: object }
        return Object.keys(body.flags ?? body).toSorted()
      }),
    )
    const claimed = (example.claims as Table).rows.map(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, key]) => String(key)).toSorted(),
    )
    expect(seen).toEqual(claimed)
  } finally {
    await server.close()
  }
})

it('the step for CI in docs/flag-file.md is a valid command line', async () => {
  const [, text = ''] = /```yaml\n(# \.github.*?)```/s.exec(page) ?? []
  const steps = (
    parse(text) as {
      readonly jobs: { readonly flags: { readonly steps: readonly { readonly run?: string }[] } }
    }
  ).jobs.flags.steps
  const [, ...args] = String(steps.at(-1)?.run).replace('npx --yes ', '').split(' ')
  const folder = await folderOf([{ type: 'file', name: 'flags.yaml', text: 'flagValues: {a: 1}' }])
  const here = args.map((arg) => (arg === 'flags/' ? folder : arg))
  expect(await running(here)).toEqual({ status: 0, stdout: '', stderr: '' })
})
