import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { outcome } from '../support/child.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { folderForTest } from './developing.ts'

const KEY = 'sdk-of-operators-0b5e'

/** Returns NODE_OPTIONS with which a process cannot find a package, as if it were not installed. */
async function without(name: string): Promise<{ readonly NODE_OPTIONS: string }> {
  const script = join(await folderForTest(), 'without.mjs')
  writeFileSync(
    script,
    `import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== '${name}') return next(specifier, context)
        throw Object.assign(new Error("Cannot find package '${name}'"), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })`,
  )
  return { NODE_OPTIONS: `--import=${pathToFileURL(script).href}` }
}

/** Runs the command in a separate process with these variables and the path only. */
function halyard(args: readonly string[], env: NodeJS.ProcessEnv): ReturnType<typeof outcome> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return outcome(child)
}

const DATABASES = [
  ['ioredis', 'npm install ioredis@6', { USE_REDIS: '1' }, 'redis://127.0.0.1:1'],
  [
    '@aws-sdk/client-dynamodb',
    'npm install @aws-sdk/client-dynamodb',
    { USE_DYNAMODB: '1', DYNAMODB_TABLE: 'flags' },
    'dynamodb://flags?region=eu-west-1',
  ],
] as const

describe.each(DATABASES)('(S158) without the package %s', (name, remedy, database, store) => {
  it('the relay exits with 1 and names the package to install, although the service answers', async () => {
    const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
    const { code, output } = await halyard(['relay', '--from-env'], {
      ...(await without(name)),
      ...database,
      LD_ENV_one: KEY,
      LD_PREFIX_one: 'one',
      PORT: '0',
      HALYARD_RELAY_HOST: '127.0.0.1',
      BASE_URI: service.url,
      STREAM_URI: service.url,
      IGNORE_CONNECTION_ERRORS: '1',
    })
    expect(code).toBe(1)
    expect(output).toContain('the configured database cannot be used; the relay exits')
    expect(output).toContain(`expected the package ${name} to be installed (${remedy}`)
  })

  it('inspect exits with 2, archive export --from-store with 1; both name the package to install', async () => {
    const env = await without(name)
    const inspected = await halyard(['inspect', store], env)
    expect(inspected.code).toBe(2)
    expect(inspected.output).toContain(`expected the package ${name} to be installed (${remedy}`)
    const out = join(await folderForTest(), 'archive.tar.gz')
    const exported = await halyard(['archive', 'export', '--from-store', '--from-env', '--out', out], {
      ...env,
      ...database,
      LD_ENV_one: KEY,
      LD_PREFIX_one: 'one',
    })
    expect(exported.code).toBe(1)
    expect(exported.output).toContain(`expected the package ${name} to be installed (${remedy}`)
  })
})
