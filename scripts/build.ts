import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type OutputChunk, rolldown } from 'rolldown'
import { esmExternalRequirePlugin } from 'rolldown/plugins'
import * as pageAssets from '../src/relay/page/assets.ts'

/**
 * `node scripts/build.ts [FOLDER]` builds `dist`, or another folder: JavaScript by rolldown, declarations by tsc, and the licences of the packages that are inlined. Entry
 * points share chunks, so that a class is the same in each of them. See docs/decisions/0011-bundled-package.md.
 */
const root = join(import.meta.dirname, '..')
const dist = resolve(process.argv[2] ?? join(root, 'dist'))

interface PackageJson {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const { exports, dependencies, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as PackageJson

/** The entries of `dist`, such as `index` and `relay/index`, from the exports of package.json. */
const entries = Object.values(exports)
  .filter((target) => typeof target !== 'string')
  .map((target) => target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'))

const CHECK = 'config/require-node'
const PAGE_ASSETS = join(root, 'src/relay/page/assets.ts')
const NO_FETCH = '\0no-fetch'
const packages = [...Object.keys(dependencies), ...Object.keys(peerDependencies)]

rmSync(dist, { recursive: true, force: true })
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries([...entries, 'cli/main', CHECK].map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  external: packages.map((name) => new RegExp(`^${name}(/|$)`)),
  // yaml's build for browsers consists of modules and needs no module of Node.js.
  resolve: { alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') } },
  // undici leaves out its second, experimental parser if this name is defined.
  transform: { define: { esbuildDetection: 'true' } },
  plugins: [
    {
      // undici loads its fetch for FormData bodies, which Halyard does not send.
      name: 'no-fetch',
      resolveId: (id, importer) =>
        id.startsWith('../web/') && importer?.includes('/undici/lib/') ? NO_FETCH : null,
      load: (id) => (id === NO_FETCH ? 'export const webidl = { is: { FormData: () => false } }' : null),
    },
    {
      // Inlines the files of the relay's page.
      name: 'page-assets',
      load: (id) =>
        id === PAGE_ASSETS
          ? Object.entries(pageAssets)
              .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}\n`)
              .join('')
          : null,
    },
    // Built-in modules that undici requires become imports: `require` does not exist in a module.
    esmExternalRequirePlugin({ external: [/^node:/] }),
  ],
})
const { output } = await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  // Imports are evaluated in order, so the check of the version is the first one.
  banner: ({ name }) =>
    entries.includes(name) ? `import '${'../'.repeat(name.split('/').length - 1) || './'}${CHECK}.js'` : '',
})
await bundle.close()

const compile = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', dist]
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...compile], {
  cwd: root,
  stdio: 'inherit',
})
writeNotices(output.filter((file) => file.type === 'chunk'))

/** Writes the licence of each package whose code is in a chunk. */
function writeNotices(chunks: readonly OutputChunk[]): void {
  const folders = new Set(
    chunks.flatMap(({ moduleIds }) => moduleIds.flatMap((id) => packageFolder(id) ?? [])),
  )
  const notices = [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string
      readonly version: string
    }
    return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`
  })
  const text = ['The files in this folder contain parts of these packages.\n', ...notices]
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), text.join(`\n${'-'.repeat(78)}\n\n`))
}

function packageFolder(id: string): string | undefined {
  const path = relative(root, id)
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path.split('\\').join('/')) ?? []
  return name === undefined ? undefined : join(root, 'node_modules', name)
}
