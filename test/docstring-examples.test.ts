import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
/** Below the repository, so that the compiler finds its packages. */
const folder = join(root, 'node_modules/.cache/docstring-examples')

const ENTRIES: Readonly<Record<string, string>> = {
  halyard: 'index',
  'halyard/testing': 'testing/index',
  'halyard/launchdarkly': 'launchdarkly/index',
  'halyard/openfeature': 'openfeature/index',
  'halyard/redis': 'store/redis/redis-store',
  'halyard/dynamodb': 'store/dynamodb/dynamodb-store',
  'halyard/consul': 'store/consul/consul-store',
  'halyard/relay': 'relay/index',
}

/** Values that examples use without a declaration. */
const GIVEN: Readonly<Record<string, string>> = {
  client: "import('halyard').FlagClient",
  context: "import('halyard').Context",
  data: "import('halyard/testing').TestData",
  http: '{ all(path: string, handler: (info: { readonly request: Request }) => Promise<Response>): unknown }',
  origin: "import('halyard/testing').ScriptedOrigin",
  sdkKey: 'string',
  url: 'string',
}

/** Returns the entry point of each exported name; `halyard` has precedence. */
function exportedNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const specifier of Object.keys(ENTRIES)) {
    const report = readFileSync(join(root, `api/${specifier.replace('halyard/', '')}.api.md`), 'utf8')
    for (const [, name = ''] of report.matchAll(/^export (?:class|const|function|interface|type) (\w+)/gm))
      if (!names.has(name)) names.set(name, specifier)
  }
  return names
}

/** Returns the code of the examples of a source. */
function examplesOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map(([, code = '']) =>
    code.replaceAll(/^\s*\* ?/gm, ''),
  )
}

/** Returns an example as a module with the imports and declarations that it needs. */
function moduleOf(code: string, names: ReadonlyMap<string, string>): string {
  const words = new Set(code.match(/\w+/g))
  const isDeclared = (name: string): boolean =>
    new RegExp(`(?:const|using|import) (?:${name}\\b|\\{[^}=]*\\b${name}\\b|\\[[^\\]=]*\\b${name}\\b)`).test(
      code,
    )
  const imports = [...names].filter(([name]) => words.has(name) && !isDeclared(name))
  const given = Object.entries(GIVEN).filter(([name]) => words.has(name) && !isDeclared(name))
  return [
    ...imports.map(([name, specifier]) => `import { ${name} } from '${specifier}'`),
    ...given.map(([name, type]) => `declare const ${name}: ${type}`),
    code,
    'export {}',
    '',
  ].join('\n')
}

it('compiles the examples in the docstrings of the public interface', () => {
  const names = exportedNames()
  const paths = globSync(
    [
      'src/{client,config,evaluation,launchdarkly,openfeature,testing}/**/*.ts',
      'src/store/*/{*-store,big-segments}.ts',
      'src/relay/embedded-relay.ts',
      'src/{model,datasystem,big-segments}/stat*.ts',
    ],
    { cwd: root },
  )
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const modules = paths.flatMap((path) =>
    examplesOf(path).map((code, index) => ({
      name: `${path.replaceAll(/[^\w]/g, '_')}_${index}.ts`,
      text: moduleOf(code, names),
    })),
  )
  for (const { name, text } of modules) writeFileSync(join(folder, name), text)
  const options = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: root,
      noUnusedLocals: false,
      verbatimModuleSyntax: false,
      paths: Object.fromEntries(
        Object.entries(ENTRIES).map(([name, path]) => [name, [join(root, `src/${path}.ts`)]]),
      ),
    },
    include: [join(root, 'types')],
    exclude: [],
    files: modules.map(({ name }) => name),
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
  expect(modules.length).toBeGreaterThan(30)
  expect(stdout).toBe('')
})
