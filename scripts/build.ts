import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import {
  type CodeSplittingOptions,
  type InputOptions,
  type OutputChunk,
  type OutputOptions,
  rolldown,
} from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import * as pageAssets from '../src/relay/page/assets.ts'
import { builtInModules, undiciParts } from './build-plugins.ts'

/**
 * `node scripts/build.ts [FOLDER]` builds `dist`, or another folder, by rolldown: modules, the same code as CommonJS, declarations, and the licences of the packages that are
 * inlined. Entry points share chunks, so that a class is the same in each of them. See docs/decisions/0011-bundled-package.md and 0054-commonjs-build.md.
 */
const root = join(import.meta.dirname, '..')
const dist = resolve(process.argv[2] ?? join(root, 'dist'))

interface PackageJson {
  readonly exports: Readonly<Record<string, string | { readonly default: { readonly default: string } }>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const { exports, peerDependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as PackageJson

/** The entries of `dist`, such as `index` and `relay/index`, from the exports of package.json. */
const entries = Object.values(exports)
  .filter((target) => typeof target !== 'string')
  .map((target) => target.default.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'))

const CHECK = 'config/require-node'
const PATCH_PARTS = '\0patch-parts'
const PAGE_ASSETS = join(root, 'src/relay/page/assets.ts')

const input = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]))
const matchers = (names: object): RegExp[] => Object.keys(names).map((name) => new RegExp(`^${name}(/|$)`))
/** Packages that the application installs. The code of all others is inlined. */
const external = matchers(peerDependencies)
/** The path from an entry to `dist`, such as `../`. */
const toDist = (entry: string): string => '../'.repeat(entry.split('/').length - 1) || './'
/** All that `halyard` imports at its start is one chunk, because each program loads it anyway. */
const chunks = (name: string, ...modules: readonly string[]): CodeSplittingOptions => ({
  groups: [{ name, test: (id) => modules.some((module) => id === join(root, module)), priority: 1 }],
})
/** What `halyard` loads on demand: the sources with flag files, and explanations. */
const ON_DEMAND = ['src/initializers/file.ts', 'src/synchronizers/file.ts', 'src/evaluation/explain.ts']
/** Small modules that several entries use. Each set of entries would have a chunk of its own for them. */
const SHARED: readonly (readonly [name: string, test: RegExp])[] = [
  ['command', /[\\/]src[\\/]cli[\\/](arguments|command|help|lines|style)\.ts$/],
  ['flag-files', /[\\/]src[\\/](initializers|synchronizers)[\\/]file\.ts$/],
  [
    'stores',
    /[\\/]src[\\/](store[\\/]batching|model[\\/]big-segment-\w+|options[\\/]load-peer|evaluation[\\/]openfeature-\w+)\.ts$/,
  ],
  [
    'server',
    /[\\/]src[\\/](server[\\/].*|relay[\\/](endpoint|client-side[\\/](request-body|visibility)|flags[\\/](bounded-json|item-search)))\.ts$/,
  ],
]
const withShared = ({ groups = [] }: CodeSplittingOptions): CodeSplittingOptions => ({
  groups: [...groups, ...SHARED.map(([name, test]) => ({ name, test }))],
})

// V8 stores a source with a single character above U+00FF in two bytes for each character, and comments with it.
const source: OutputOptions = { charset: 'ascii', comments: { jsdoc: false } }

const options: InputOptions = {
  cwd: root,
  platform: 'node',
  // yaml's build for browsers consists of modules and needs no module of Node.js.
  resolve: { alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') } },
  // undici leaves out its second, experimental parser if this name is defined.
  transform: { define: { esbuildDetection: 'true' } },
}
const plugins = [
  undiciParts,
  {
    // The default export of fast-json-patch has all its parts, among them one that observes objects.
    name: 'patch-parts',
    resolveId: (id: string) => (id === 'fast-json-patch' ? PATCH_PARTS : null),
    load: (id: string) =>
      id === PATCH_PARTS
        ? `import { applyOperation, deepClone, getValueByPointer } from 'fast-json-patch/module/core.mjs'
           export default { applyOperation, deepClone, getValueByPointer }`
        : null,
  },
  {
    // Inlines the files of the relay's page.
    name: 'page-assets',
    load: (id: string) =>
      id === PAGE_ASSETS
        ? Object.entries(pageAssets)
            .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}\n`)
            .join('')
        : null,
  },
]

rmSync(dist, { recursive: true, force: true })
const modules = await write(
  {
    ...options,
    input: input([...entries, 'cli/main', CHECK]),
    external,
    plugins: [...plugins, builtInModules],
  },
  {
    format: 'esm',
    ...source,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: withShared(chunks('core', 'src/index.ts')),
    // Imports are evaluated in order, so the check of the version is the first one.
    banner: ({ name }) => (entries.includes(name) ? `import '${toDist(name)}${CHECK}.js'` : ''),
  },
)
const commonJs = await write(
  {
    ...options,
    input: input([...entries, CHECK]),
    external: [/^node:/, ...external],
    // What is loaded on demand in modules is a part of the core here.
    checks: { ineffectiveDynamicImport: false },
    plugins,
  },
  {
    format: 'cjs',
    ...source,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    // Only tools such as Jest load this form, for which a few large files are as good.
    codeSplitting: withShared(chunks('core', 'src/index.ts', ...ON_DEMAND)),
    // Jest has no `import()` in CommonJS.
    dynamicImportInCjs: false,
    strict: true,
    intro: ({ name }) => (entries.includes(name) ? `require('${toDist(name)}${CHECK}.cjs')` : ''),
  },
)
// Both forms have the same types: a module may import the declarations of CommonJS, but not the other way round.
await write(
  {
    ...options,
    input: input(entries),
    external: [/^node:/, ...external, ...matchers(devDependencies)],
    checks: { pluginTimings: false },
    plugins: [dts({ emitDtsOnly: true, oxc: true, tsconfig: 'tsconfig.build.json' })],
  },
  {
    format: 'esm',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    codeSplitting: chunks('core.d', 'src/index.d.ts'),
  },
)
for (const entry of entries)
  writeFileSync(join(dist, `${entry}.d.ts`), `export * from './${entry.split('/').at(-1)}.cjs'\n`)
writeNotices([...modules, ...commonJs])

/** Bundles into `dist` and returns the chunks. */
async function write(inputOptions: InputOptions, outputOptions: OutputOptions): Promise<OutputChunk[]> {
  const bundle = await rolldown(inputOptions)
  const { output } = await bundle.write({ dir: dist, ...outputOptions })
  await bundle.close()
  return output.filter((file) => file.type === 'chunk')
}

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
    const licence = readdirSync(folder).find((file) => /^LICENSE(\.|$)/.test(file)) ?? 'LICENSE'
    return `${name} ${version}\n\n${readFileSync(join(folder, licence), 'utf8').trim()}\n`
  })
  const text = ['The files in this folder contain parts of these packages.\n', ...notices]
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), text.join(`\n${'-'.repeat(78)}\n\n`))
}

function packageFolder(id: string): string | undefined {
  const path = relative(root, id)
  const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path.split('\\').join('/')) ?? []
  return name === undefined ? undefined : join(root, 'node_modules', name)
}
