import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface PackageJson {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly license?: string }>>
}

const manifest = JSON.parse(read('package.json')) as PackageJson

/** Returns the cells of the rows of all tables of a page. */
function rowsOf(page: string): readonly (readonly string[])[] {
  return [...read(page).matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '))
}

function cellOf(page: string, row: string): string {
  const cells = rowsOf(page).find(([name]) => name === row)
  if (cells?.[1] === undefined) throw new Error(`${page} has no row "${row}"`)
  return cells[1]
}

describe('docs/platforms.md', () => {
  const suites = JSON.parse(read('test/deployments/package.json')) as {
    readonly dependencies: Readonly<Record<string, string>>
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const tested = { ...suites.dependencies, ...suites.optionalDependencies }
  const versionOf = (name: string): string => (tested[name] ?? '').replace(/^npm:.*@/, '')

  it('names the oldest version of Node.js that package.json accepts', () => {
    expect(manifest.engines.node).toBe('>=22.19.0')
    expect(cellOf('docs/platforms.md', 'Node.js')).toMatch(/^22\.19 and newer/)
  })

  it.each([
    ['Bun', 'bun'],
    ['Deno', 'deno'],
    ['esbuild', 'esbuild'],
    ['webpack', 'webpack'],
    ['Next.js', 'next'],
    ['NestJS, compiled to CommonJS', '@nestjs/core'],
    ['Jest', 'jest'],
  ])('names the version of %s that the suites install', (row, name) => {
    expect(versionOf(name)).toMatch(
      new RegExp(`^${cellOf('docs/platforms.md', row).replaceAll('.', '\\.')}\\.`),
    )
  })

  it('names the versions of TypeScript and undici that the suites install', () => {
    const versions = (prefix: string): string[] =>
      Object.keys(tested).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
    expect(cellOf('docs/platforms.md', 'TypeScript').split(', ')).toEqual(versions('typescript-'))
    const majors = new Set(versions('undici-').map((version) => version.split('.')[0]))
    expect(cellOf('docs/platforms.md', 'undici, for `dispatcher`').split(', ')).toEqual([...majors])
  })
})

describe('docs/dependencies.md', () => {
  const LICENCES = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0'])
  const FOR_DEVELOPMENT = new Set([...LICENCES, 'MPL-2.0', 'BlueOak-1.0.0', 'CC0-1.0'])

  it('is true of the licences of package-lock.json', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as Lock
    const isAccepted = (licence: string): boolean =>
      licence
        .replaceAll(/[()]/g, '')
        .split(' OR ')
        .some((option) => FOR_DEVELOPMENT.has(option))
    const others = Object.entries(packages)
      .filter(([name, { license }]) => name !== '' && !isAccepted(license ?? 'none'))
      .map(([name, { license }]) => `${name}: ${license ?? 'none'}`)
    expect(others).toEqual([])
  })

  it('names the inlined packages with their versions and licences', () => {
    const rows = rowsOf('docs/dependencies.md').filter(
      (cells) => cells.length === 5 && cells[0]?.startsWith('`'),
    )
    expect(rows.length).toBeGreaterThan(5)
    for (const [name = '', version, licence = ''] of rows) {
      const installed = JSON.parse(read(`node_modules/${name.replaceAll('`', '')}/package.json`)) as object
      expect(installed).toMatchObject({ version, license: licence })
      expect(LICENCES).toContain(licence)
    }
  })

  it('names the optional packages with accepted licences', () => {
    const named = rowsOf('docs/dependencies.md')
      .filter((cells) => cells.length === 3)
      .flatMap(([names = '', licence = '']) => {
        if (LICENCES.has(licence)) return [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name)
        return []
      })
    expect(new Set(named)).toEqual(new Set(Object.keys(manifest.peerDependencies)))
  })
})

describe('docs/comparison.md', () => {
  it('has only ratios and sizes of docs/benchmarks.md', () => {
    const benchmarks = read('docs/benchmarks.md')
    const ratios = [...read('docs/comparison.md').matchAll(/\b\d+\.\d+×/g)].map(([ratio]) => ratio)
    expect(ratios.length).toBeGreaterThan(10)
    expect(ratios.filter((ratio) => !benchmarks.includes(ratio))).toEqual([])
    const versions = [...read('docs/comparison.md').matchAll(/`((?:@\w+\/)?[\w-]+)` (\d+\.\d+)/g)]
    expect(versions).toHaveLength(3)
    for (const [, name, version] of versions) expect(benchmarks).toContain(`${name} ${version}.`)
  })
})

describe('workflows', () => {
  const paths = globSync('.github/**/*.yml', { cwd: root })

  it.each(paths)('%s is YAML', (path) => {
    expect(parse(read(path))).toBeTypeOf('object')
  })

  it.each(paths)('%s runs files that exist', (path) => {
    for (const [, file = ''] of read(path).matchAll(/run: (?:node )?((?:scripts|\.ci)\/[\w./-]+)/g))
      expect(existsSync(join(root, file)), file).toBe(true)
  })
})

describe('scripts/release-notes.ts', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'halyard-release-'))
    mkdirSync(join(folder, 'scripts'))
    cpSync(join(root, 'scripts/release-notes.ts'), join(folder, 'scripts/release-notes.ts'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "version": "1.2.0" }')
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      '# Changelog\n\n## 1.2.0 – 2027-01-05\n\n- News.\n\n## 1.1.0\n\n- Old.\n',
    )
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const notes = (tag: string): string =>
    execFileSync(process.execPath, ['scripts/release-notes.ts', tag], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('prints the section of the version', () => {
    expect(notes('v1.2.0')).toBe('- News.\n')
  })

  it('prints a section whose heading has no date', () => {
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## 1.2.0\n\n- News.\n')
    expect(notes('v1.2.0')).toBe('- News.\n')
  })

  it('refuses a tag of another version, and a version without a section', () => {
    expect(() => notes('v1.1.0')).toThrow('the tag v1.1.0 does not name version 1.2.0')
    writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n')
    expect(() => notes('v1.2.0')).toThrow('CHANGELOG.md has no section "## 1.2.0"')
  })
})
