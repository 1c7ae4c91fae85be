import { execFileSync, spawnSync } from 'node:child_process'
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

/** Compiles the declarations, with maps to the lines of the sources. */
function writeDeclarations(): void {
  const options = ['--emitDeclarationOnly', '--declarationMap', '--outDir', work]
  execFileSync('tsc', ['-p', join(root, 'tsconfig.build.json'), ...options], { stdio: 'inherit' })
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

const problems: string[] = []
try {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(join(work, 'reports'), { recursive: true })
  writeDeclarations()
  const files = entries.map((entry) => {
    const file = `${entry.name}.api.md`
    const { changed } = extract(entry)
    if (changed && isCheck)
      problems.push(
        `api/${file}: the public interface changed:\n\n${difference(file)}\nIf this is intended, run \`npm run api\` and commit the file.\n`,
      )
    return file
  })
  for (const file of readdirSync(reports).filter((name) => name.endsWith('.md') && !files.includes(name)))
    if (isCheck) problems.push(`api/${file}: package.json exports no such entry point. Delete the file.\n`)
    else rmSync(join(reports, file))
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
if (problems.length > 0) process.exitCode = 1
