import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCRIPT, STYLE } from '../src/relay/page/assets.ts'

/** Packs the package as for a release, and checks the tarball as a user would load it. */
const directory = mkdtempSync(join(tmpdir(), 'halyard-pack-'))

/** The number of files that the tarball stays below. */
const MAX_FILES = 80

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'inherit' })
}

try {
  run('npm', 'pack', '--silent', '--pack-destination', directory)
  const tarball = join(directory, readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? '')
  run('publint', 'run', tarball, '--strict')
  run('attw', tarball, '--profile', 'strict')
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  if (files.length >= MAX_FILES)
    throw new Error(`the tarball has ${files.length} files, not fewer than ${MAX_FILES}`)
  const map = files.find((name) => name.endsWith('.map'))
  if (map !== undefined) throw new Error(`the tarball has a source map: ${map}`)

  run('tar', '-xzf', tarball, '-C', directory)
  const notices = readFileSync(join(directory, 'package/dist/THIRD-PARTY-NOTICES.txt'), 'utf8')
  const dependencies = readFileSync(join(import.meta.dirname, '../docs/dependencies.md'), 'utf8')
  const inlined = [...notices.matchAll(/^((?:@[\w-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S*)$/gm)].map(
    ([, name]) => name,
  )
  const listed = [...dependencies.matchAll(/^\| `([^`]+)` \| (\d\S*) \|/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  )
  if (inlined.length === 0 || inlined.join() !== listed.join())
    throw new Error(
      `docs/dependencies.md lists ${listed.join(', ')}, but the package has ${inlined.join(', ')}`,
    )

  // The tarball must load without any other package.
  const load =
    "const { presets, createDataSystem } = await import('./package/dist/index.js'); const { startRelay } = await import('./package/dist/relay/index.js'); if (!presets.default() || !createDataSystem || !startRelay) process.exit(1)"
  execFileSync(process.execPath, ['--input-type=module', '-e', load], { stdio: 'inherit', cwd: directory })
  // The CommonJS build, which Node.js does not load by itself.
  const loadCommonJs =
    "const { presets, createDataSystem } = require('./package/dist/index.cjs'); const { startRelay } = require('./package/dist/relay/index.cjs'); if (!presets.default() || !createDataSystem || !startRelay) process.exit(1)"
  execFileSync(process.execPath, ['--input-type=commonjs', '-e', loadCommonJs], {
    stdio: 'inherit',
    cwd: directory,
  })
  const servePage =
    "const { startRelay } = await import('./package/dist/relay/index.js'); const relay = await startRelay({ port: 0, logLevel: 'none', endpoints: { polling: 'http://127.0.0.1:9', streaming: 'http://127.0.0.1:9' }, environments: [{ name: 'test', sdkKey: 'sdk-test' }] }); process.stdout.write(await (await fetch(relay.url)).text()); await relay.close()"
  const page = execFileSync(process.execPath, ['--input-type=module', '-e', servePage], { cwd: directory })
  if (!page.includes(SCRIPT) || !page.includes(STYLE))
    throw new Error('the page lacks its script or its style')
  execFileSync(process.execPath, ['package/dist/cli/main.js', '--help'], { stdio: 'inherit', cwd: directory })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
