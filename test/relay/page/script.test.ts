import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { SCRIPT } from '../../../src/relay/page/script/live.ts'

const root = join(import.meta.dirname, '../../..')

/** The types the script names in its comments, and where they are. */
const TYPES = {
  'relay/view.ts': ['EnvironmentView', 'RecentChange', 'RelayView', 'StoreView'],
  'relay/page/status-feed.ts': ['Told'],
  'relay/page/verdict.ts': ['Standing', 'Verdict'],
  'server/traffic.ts': ['Traffic'],
} as const

/** What the compiler has against a script that runs in a browser and is told what the relay tells. */
async function typeErrors(script: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'halyard-page-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const imports = Object.entries(TYPES).map(
    ([path, names]) => `/** @import { ${names.join(', ')} } from '${join(root, 'src', path)}' */\n`,
  )
  writeFileSync(join(directory, 'script.js'), `${imports.join('')}${script}\nexport {}\n`)
  const compilerOptions = {
    allowJs: true,
    checkJs: true,
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    skipLibCheck: true,
    noEmit: true,
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['script.js'] }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', directory]).catch(
    (failure: { readonly stdout: string }) => failure,
  )
  return stdout
}

it('the script of the page has no error of types, and names only what the relay tells', async () => {
  expect(await typeErrors(SCRIPT)).toBe('')
  expect(await typeErrors(SCRIPT.replace('holds.segments', 'holds.sections'))).toContain(
    "'sections' does not exist",
  )
})
