import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './pages.ts'

/** When to use each entry point of the package: the first sentences of its page in the reference. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  halyard:
    'The client, its data system and its options. Use it to evaluate flags in a Node.js process: `createClient` returns a client; `presets` has the configurations of its data system. `createDataSystem` is the data system alone, without evaluation and events.',
  'halyard/launchdarkly':
    "A data system for LaunchDarkly's Node.js SDK. Use it if an application keeps that SDK, and Halyard delivers the flags. It needs `@launchdarkly/node-server-sdk`.",
  'halyard/openfeature':
    'A provider for the OpenFeature SDK. Use it if an application evaluates flags through OpenFeature. It needs `@openfeature/server-sdk`.',
  'halyard/redis':
    'Flags and members of big segments in Redis. Use it beside the service, so that a process starts with the last flags, or in daemon mode, without a service. It needs `ioredis`.',
  'halyard/dynamodb':
    'Flags and members of big segments in DynamoDB. Use it like `halyard/redis`. It needs `@aws-sdk/client-dynamodb`.',
  'halyard/consul':
    'Flags in the key-value store of Consul. Use it like `halyard/redis`. It needs no package.',
  'halyard/relay':
    'A relay inside of a program. Use it if you start a relay from code instead of the command `halyard relay`.',
  'halyard/testing':
    'Tools for the tests of an application: flags without a service (`TestData`), scripted origins and sources, a database in memory that fails on demand, and a virtual clock.',
}

/** Returns the source of each entry point of package.json, by the name that a program imports. */
export function sourcesOfEntryPoints(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: { readonly default: string } }>>
  }
  const sources = Object.entries(exports).flatMap(([name, paths]) =>
    typeof paths === 'string' || !paths.default.default.endsWith('.js')
      ? []
      : [
          [
            `halyard${name.slice(1)}`,
            paths.default.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
          ] as const,
        ],
  )
  return new Map(sources.toSorted(([left], [right]) => orderOf(left) - orderOf(right)))
}

function orderOf(name: string): number {
  const index = Object.keys(ENTRY_POINTS).indexOf(name)
  if (index < 0) throw new Error(`site/entry-points.ts does not describe ${name}`)
  return index
}
