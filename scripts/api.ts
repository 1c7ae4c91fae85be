import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Extractor, ExtractorConfig, type ExtractorMessage } from '@microsoft/api-extractor'

/**
 * `npm run api` writes the public interface of each entry point to `api/NAME.api.md`. `npm run check:api` fails if a report differs from
 * the sources, if an exported name or a member of it has no documentation, or if a signature has a type that a user cannot import.
 * See docs/decisions/0069-public-interface.md.
 */
const root = join(import.meta.dirname, '..')
const reports = join(root, 'api')
/** A folder outside of `node_modules`, because API Extractor does not look into declarations there. */
const work = join(reports, '.declarations')
const isCheck = process.argv.includes('--check')

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly default: { readonly types: string } }>>
}

interface Entry {
  readonly name: string
  readonly declarations: string
}

const entries: readonly Entry[] = Object.entries(exports).flatMap(([specifier, target]) =>
  typeof target === 'string'
    ? []
    : {
        name: specifier === '.' ? 'halyard' : specifier.slice('./'.length),
        declarations: target.default.types.replace('./dist', work),
      },
)

/** Compiles the declarations, with maps to the lines of the sources. Ends the process if they do not compile. */
function writeDeclarations(): void {
  const options = ['--emitDeclarationOnly', '--declarationMap', '--outDir', work]
  const { status } = spawnSync('tsc', ['-p', join(root, 'tsconfig.build.json'), ...options], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

/** Extracts one report, and returns what API Extractor found. */
function extract({ name, declarations }: Entry): { changed: boolean; messages: readonly ExtractorMessage[] } {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          extends: join(root, 'tsconfig.build.json'),
          compilerOptions: { skipLibCheck: true, rootDir: root },
          include: [],
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: reports,
        reportTempFolder: join(work, 'reports'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: { extractorMessageReporting: {} },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  })
  const messages: ExtractorMessage[] = []
  const { apiReportChanged: changed } = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true
      messages.push(message)
    },
  })
  return { changed, messages }
}

/** Returns the lines that differ between the committed report and the one of the sources. */
function difference(file: string): string {
  const files = [join(reports, file), join(work, 'reports', file)].map((path) => relative(root, path))
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--unified=1', ...files], {
    cwd: root,
    encoding: 'utf8',
  })
  return stdout.replace(/^(diff|index|---|\+\+\+) .*\n/gm, '')
}

/** Messages of API Extractor that are problems, by their number, and what to do about them. */
const FAULTS: Readonly<Record<string, string>> = {
  'ae-undocumented': 'write a docstring',
  'ae-unresolved-link': 'link to a name that the entry point exports, or write it as code',
}

/** A member that only distinguishes the types of a union, for example `readonly type: 'file'`, needs no docstring. */
const DISCRIMINATOR = /^\s*readonly (?:type|kind|op|key|dataSourceOptionsType): '[^']*'/

/** Returns the faults of the documentation of an entry point. */
function faultsOf(messages: readonly ExtractorMessage[]): readonly string[] {
  return messages.flatMap(({ messageId, text, sourceFilePath = '', sourceFileLine = 0 }) => {
    const remedy = FAULTS[messageId] ?? (messageId.startsWith('tsdoc-') ? 'correct the docstring' : undefined)
    if (remedy === undefined || DISCRIMINATOR.test(lineOf(sourceFilePath, sourceFileLine))) return []
    return [`${relative(root, sourceFilePath)}:${sourceFileLine}: ${text}; ${remedy}`]
  })
}

function lineOf(path: string, line: number): string {
  return readFileSync(path, 'utf8').split('\n')[line - 1] ?? ''
}

/** Returns the names in the signatures of an entry point that a user can import from nowhere. */
function namesWithoutExport(
  messages: readonly ExtractorMessage[],
  exported: ReadonlySet<string>,
): readonly string[] {
  return messages
    .filter(({ messageId }) => messageId === 'ae-forgotten-export')
    .flatMap(({ text, sourceFilePath = '', sourceFileLine }) => {
      const [, name = ''] = /^The symbol "([^"]+)"/.exec(text) ?? []
      if (exported.has(name)) return []
      return [
        `${relative(root, sourceFilePath)}:${sourceFileLine}: export ${name}, which this signature has, from the entry point`,
      ]
    })
}

/** Returns the names that a report lists as exported. */
function exportedNames(report: string): ReadonlySet<string> {
  const pattern =
    /^export (?:declare )?(?:abstract )?(?:class|const|enum|function|interface|type|namespace) (\w+)/gm
  return new Set([...report.matchAll(pattern)].map(([, name = '']) => name))
}

const problems: string[] = []
try {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(join(work, 'reports'), { recursive: true })
  writeDeclarations()
  const faults: string[] = []
  let exported: ReadonlySet<string> = new Set()
  for (const entry of entries) {
    const file = `${entry.name}.api.md`
    const { changed, messages } = extract(entry)
    // The first entry point is `halyard`, from which users of the others import types.
    if (exported.size === 0) exported = exportedNames(readFileSync(join(work, 'reports', file), 'utf8'))
    faults.push(...faultsOf(messages), ...namesWithoutExport(messages, exported))
    if (readFileSync(join(work, 'reports', file), 'utf8').includes('(No @packageDocumentation comment'))
      faults.push(
        `${entry.name}: begin the entry point with a docstring that says when to use it, and @packageDocumentation`,
      )
    if (changed && isCheck)
      problems.push(
        `api/${file}: the public interface changed:\n\n${difference(file)}\nIf this is intended, run \`npm run api\` and commit the file.\n`,
      )
  }
  problems.push(...new Set(faults))
  const files = new Set(entries.map(({ name }) => `${name}.api.md`))
  for (const file of readdirSync(reports).filter((name) => name.endsWith('.md') && !files.has(name)))
    if (isCheck) problems.push(`api/${file}: package.json exports no such entry point. Delete the file.`)
    else rmSync(join(reports, file))
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
if (!isCheck) process.stdout.write('wrote the reports in api: commit those that changed\n')
if (problems.length > 0) process.exitCode = 1
