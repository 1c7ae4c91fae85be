import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ConfigError, type ConfigIssue } from '../../model/errors.ts'
import type { RelayConfig, ServingTls } from './relay-config.ts'

/**
 * Looks at everything on disk that a configuration names, so that a slip is told with the name of the option, before
 * anything starts.
 *
 * @throws {ConfigError} with every file that cannot be read, and a folder of snapshots that cannot be written to.
 */
export async function checkFiles(config: RelayConfig): Promise<void> {
  const { tls, caFiles, store, snapshotDirectory } = config
  const named: readonly (readonly [option: string, path: string | undefined])[] = [
    ['[Main] tlsCert', tls?.certFile],
    ['[Main] tlsKey', tls?.keyFile],
    ...caFiles.map((path) => ['[Proxy] caCertFiles', path] as const),
    ...filesOf(store),
  ]
  const issues = await Promise.all([
    ...named.map(([option, path]) => path !== undefined && unreadable(option, path)),
    snapshotDirectory !== undefined && noFolder('[Main] snapshotDirectory', snapshotDirectory),
  ])
  const found = issues.filter((issue) => issue !== false && issue !== undefined)
  if (found.length > 0) throw new ConfigError(found)
  const pair = tls && (await unusable(tls))
  if (pair) throw new ConfigError([pair])
}

function filesOf(
  store: RelayConfig['store'],
): readonly (readonly [option: string, path: string | undefined])[] {
  switch (store?.type) {
    case 'redis':
      return [
        ['[Redis] caFile', store.caFile],
        ['[Redis] clientCertificateFile', store.certFile],
        ['[Redis] clientKeyFile', store.keyFile],
      ]
    case 'consul':
      return [['[Consul] tokenFile', store.tokenFile]]
    case 'dynamodb':
    case undefined:
      return []
    default:
      return store satisfies never
  }
}

/** As far as a file may be read. What it holds is nobody's business here, and in no message. */
async function unreadable(option: string, path: string): Promise<ConfigIssue | undefined> {
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isFile()) return undefined
    return { path: option, expected: 'a file', received: `${path}, which is none` }
  } catch (error) {
    return { path: option, expected: 'a file that can be read', received: reasonOf(error, path) }
  }
}

async function noFolder(option: string, path: string): Promise<ConfigIssue | undefined> {
  const expected = 'a folder that is there and can be written to'
  try {
    await access(path, constants.W_OK)
    if ((await stat(path)).isDirectory()) return undefined
    return { path: option, expected, received: `${path}, which is a file` }
  } catch (error) {
    return { path: option, expected, received: reasonOf(error, path) }
  }
}

/** OpenSSL says what is wrong with a pair, and nothing of the key. */
async function unusable({ certFile, keyFile }: ServingTls): Promise<ConfigIssue | undefined> {
  try {
    createSecureContext({ cert: await readFile(certFile), key: await readFile(keyFile) })
    return undefined
  } catch (error) {
    return {
      path: '[Main] tlsCert and tlsKey',
      expected: 'a certificate and the key that belongs to it, in PEM',
      received: (error as Error).message,
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'which is not there',
  EACCES: 'which this user may not open',
  EROFS: 'which is on a file system that takes no writes',
}

function reasonOf(error: unknown, path: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  const reason = REASONS[code]
  return reason === undefined ? message : `${path}, ${reason}`
}
