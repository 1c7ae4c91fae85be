import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ConfigError, type ConfigIssue } from '../../model/errors.ts'
import type { OptionSection } from '../../options/option-table.ts'
import { storeModuleOf } from '../../store/registry.ts'
import type { ServingTls } from './option-groups.ts'
import { GENERAL_SECTIONS } from './options.ts'
import type { RelayConfig } from './relay-config.ts'

/**
 * Checks the files and folders that a configuration names, so that an error names the option, before anything starts. Rejects
 * with a {@link ConfigError} if a file cannot be read, a folder cannot be written to, or, at the start, a certificate does not match
 * its key.
 */
export async function checkFiles(config: RelayConfig, moment: 'start' | 'reload' = 'start'): Promise<void> {
  const { tls, adminLogin, store } = config
  const named = [
    ...Object.values(GENERAL_SECTIONS).flatMap((section) => pathsOf(section, config)),
    ...(store ? pathsOf(storeModuleOf(store).section, store) : []),
  ]
  const issues = await Promise.all([
    ...named.filter(({ kind }) => kind === 'file').map(fileIssue),
    ...named.filter(({ kind }) => kind === 'folder').map(folderIssue),
  ])
  const found = issues.filter((issue) => issue !== undefined)
  if (found.length > 0) throw new ConfigError(found)
  // At a reload the certificate may be between two states: it is followed by itself, and keeps its last valid state.
  const issue = tls && moment === 'start' && (await certificateIssue(tls))
  if (issue) throw new ConfigError([issue])
  const { passwordFile } = adminLogin ?? {}
  const empty = passwordFile === undefined ? undefined : await emptyPasswordIssue(passwordFile)
  if (empty) throw new ConfigError([empty])
}

interface NamedPath {
  readonly option: string
  readonly kind: 'file' | 'folder'
  readonly path: string
}

function pathsOf({ title, options }: OptionSection, config: object): readonly NamedPath[] {
  return options.flatMap(({ name, form: { onDisk: kind }, path = '' }) => {
    if (!kind) return []
    const paths = memberAt(config, path) as string | readonly string[] | undefined
    return [paths ?? []].flat().map((each) => ({ option: `[${title}] ${name}`, kind, path: each }))
  })
}

function memberAt(config: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inside, name) => (inside as Record<string, unknown> | undefined)?.[name], config)
}

/** Checks access but does not read the file, so that no message can contain a part of it. */
async function fileIssue({ option, path }: NamedPath): Promise<ConfigIssue | undefined> {
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isFile()) return undefined
    return { path: option, expected: 'a file', received: `${path}, which is not a file` }
  } catch (error) {
    return { path: option, expected: 'a readable file', received: reasonOf(error, path) }
  }
}

async function folderIssue({ option, path }: NamedPath): Promise<ConfigIssue | undefined> {
  const expected = 'an existing, writable folder'
  try {
    await access(path, constants.W_OK)
    if ((await stat(path)).isDirectory()) return undefined
    return { path: option, expected, received: `${path}, which is not a folder` }
  } catch (error) {
    return { path: option, expected, received: reasonOf(error, path) }
  }
}

async function emptyPasswordIssue(path: string): Promise<ConfigIssue | undefined> {
  if (/[^\r\n]/.test(await readFile(path, 'utf8'))) return undefined
  return {
    path: '[Main] adminPasswordFile',
    expected: 'a file with a password',
    received: `${path}, which is empty`,
  }
}

/** Returns an issue with the message of OpenSSL, which names the problem and contains no part of the key. */
async function certificateIssue({ certFile, keyFile }: ServingTls): Promise<ConfigIssue | undefined> {
  try {
    createSecureContext({ cert: await readFile(certFile), key: await readFile(keyFile) })
    return undefined
  } catch (error) {
    return {
      path: '[Main] tlsCert and tlsKey',
      expected: 'a certificate and its private key, in PEM',
      received: (error as Error).message,
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'which does not exist',
  EACCES: 'to which this user has no access',
  EROFS: 'which is on a read-only file system',
}

function reasonOf(error: unknown, path: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  const reason = REASONS[code]
  return reason === undefined ? message : `${path}, ${reason}`
}
