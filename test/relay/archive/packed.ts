import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar, type TarEntry } from 'modern-tar'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { constant } from '../../support/stored.ts'

export const never: AbortSignal = new AbortController().signal

/** The content of an archive, by the names of its files. */
export type Contents = Readonly<Record<string, string | Buffer>>

/** Keys that no output may contain. */
export const KEYS = { one: 'sdk-0ne0ne0ne-secret', two: 'sdk-tw0tw0tw0-secret', old: 'sdk-01d01d01d-secret' }

export const ENV_ONE = {
  envID: '507f1f77bcf86cd799439011',
  envKey: 'production',
  envName: 'Production',
  mobKey: 'mob-secret-secret',
  projKey: 'spree',
  projName: 'Spree',
  sdkKey: { value: KEYS.one, expiring: { value: '', timestamp: 0 } },
  defaultTtl: 0,
  secureMode: false,
  version: 7,
}

export const ENV_TWO = {
  ...ENV_ONE,
  envID: '507f1f77bcf86cd799439012',
  envKey: 'test',
  envName: 'Test',
  mobKey: 'mob-secret-second',
  sdkKey: { value: KEYS.two, expiring: { value: '', timestamp: 0 } },
}

export interface Packed {
  readonly env: Readonly<Record<string, unknown>>
  readonly dataId?: string
  readonly flags?: Readonly<Record<string, object>>
  readonly segments?: Readonly<Record<string, object>>
}

export const ONE: Packed = {
  env: ENV_ONE,
  dataId: 'data-1',
  flags: { a: constant('a', 3, 'one') },
  segments: { staff: { key: 'staff', version: 2, included: ['u-1'] } },
}

export const TWO: Packed = { env: ENV_TWO, dataId: 'data-2', flags: { b: constant('b', 1, 'two') } }

/** Returns the files of environments, without the checksum. */
export function filesOf(...environments: readonly Packed[]): Record<string, string> {
  return Object.fromEntries(
    environments.flatMap(({ env, dataId = 'data', flags = {}, segments = {} }) => [
      [`${String(env.envID)}.json`, JSON.stringify({ env, dataId })],
      [`${String(env.envID)}-data.json`, JSON.stringify({ flags, segments })],
    ]),
  )
}

/** Returns the files of environments with a correct checksum. */
export function summed(files: Contents): Contents {
  const md5 = createHash('md5')
  for (const name of Object.keys(files).sort()) md5.update(files[name] ?? '')
  return { ...files, 'checksum.md5': md5.digest() }
}

export function entriesOf(files: Contents): TarEntry[] {
  return Object.entries(files).map(([name, content]) => {
    const body = Buffer.from(content)
    return { header: { name, size: body.length }, body }
  })
}

/** Writes an archive into the folder. Resolves with its path. */
export async function pack(
  folder: string,
  entries: readonly TarEntry[],
  manner: 'tar' | 'gzip' = 'gzip',
): Promise<string> {
  const path = join(folder, 'archive')
  const tar = await packTar(entries)
  await writeFile(path, manner === 'gzip' ? gzipSync(tar) : tar)
  return path
}

export async function packed(folder: string, ...environments: readonly Packed[]): Promise<string> {
  return pack(folder, entriesOf(summed(filesOf(...environments))))
}

/** Packs one environment with flag `a`, and flag `deep`, whose variation is nested 5,000 levels deep. */
export async function packedWithDeepFlag(folder: string, env: Packed['env']): Promise<string> {
  const { a } = ONE.flags ?? {}
  const text = JSON.stringify({ ...constant('deep', 1, 0), variations: ['NESTED'] })
  const deep = text.replace('"NESTED"', '['.repeat(5_000) + ']'.repeat(5_000))
  const files = filesOf({ env, dataId: 'data-1' })
  files[`${String(env.envID)}-data.json`] = `{"flags":{"a":${JSON.stringify(a)},"deep":${deep}}}`
  return pack(folder, entriesOf(summed(files)))
}

/** Returns the reason why an archive is refused, without its path. */
export async function refusal(path: string): Promise<string> {
  const told = await readArchive(path, never).then(
    () => 'it was believed',
    (error: Error) => `${error.name} ${error.message} ${String(error.cause)}`,
  )
  return told.replace(`ArchiveError ${path}: `, '').replace(/ undefined$/, '')
}
