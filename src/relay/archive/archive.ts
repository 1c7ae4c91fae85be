import { createHash } from 'node:crypto'
import type { FullChangeSet } from '../../model/change-set.ts'
import { HalyardError } from '../../model/errors.ts'
import type { FurtherKey } from '../../options/key-list.ts'

export interface Archive {
  readonly path: string
  /** At least one, ordered by id. */
  readonly environments: readonly ArchivedEnvironment[]
}

export interface ArchivedEnvironment extends EnvironmentMetadata {
  /** Changes with the data, according to the program that wrote the archive. */
  readonly dataId: string
  readonly data: ArchivedData
}

/** The metadata of an environment, in an archive or in automatic configuration. Missing texts are empty. */
export interface EnvironmentMetadata {
  /** The client-side id of LaunchDarkly. */
  readonly id: string
  readonly name: string
  /** The key of the environment in LaunchDarkly's user interface and API. */
  readonly envKey: string
  readonly projName: string
  readonly projKey: string
  readonly sdkKey: string
  /** Other valid SDK keys, for example during a key rotation. */
  readonly moreSdkKeys: readonly FurtherKey[]
  /** Absent if mobile SDKs cannot use the environment. */
  readonly mobileKey?: string
  /** Other valid mobile keys. */
  readonly moreMobileKeys: readonly FurtherKey[]
  /** True if browsers must send the hash of their context. */
  readonly secureMode: boolean
  /** Time for which HTTP caches may keep FDv1 answers; 0 if it is not set. */
  readonly ttlMinutes: number
  /** Changes with the metadata. */
  readonly version: number
}

export interface ArchivedData {
  readonly changeSet: FullChangeSet
  /** SHA-256 of the file, in hexadecimal digits. */
  readonly hash: string
}

/** The fault of an archive. */
export interface ArchiveFault {
  /** The path of the archive. */
  readonly archive: string
  /** The invalid file inside the archive, if it is a single one. */
  readonly file?: string
  /** The fault as a sentence, without content of files. */
  readonly reason: string
}

/**
 * Thrown if any part of an archive is invalid; the whole archive is refused. The message has the form `archive: file: reason`. It
 * contains no content of files, and has no parser error as its cause, because both could contain SDK keys.
 */
export class ArchiveError extends HalyardError {
  /** The path of the archive. */
  readonly archive: string
  /** The invalid file inside the archive; `undefined` if the fault is not in a single file. */
  readonly file: string | undefined
  /** The fault as a sentence, without content of files. */
  readonly reason: string

  constructor({ archive, file, reason }: ArchiveFault) {
    super('ARCHIVE', [archive, file, reason].filter((part) => part !== undefined).join(': '))
    this.archive = archive
    this.file = file
    this.reason = reason
  }
}

export type ArchiveFiles = ReadonlyMap<string, Uint8Array>

/**
 * Returns the MD5 of the concatenated files of these environments, ordered by the bytes of their names. It detects damage, but does
 * not authenticate the archive.
 */
export function checksumOf(files: ArchiveFiles, ids: readonly string[]): Buffer {
  const names = ids.flatMap((id) => Object.values(filesOf(id)))
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const md5 = createHash('md5')
  for (const name of sorted) md5.update(files.get(name) ?? '')
  return md5.digest()
}

// An archive has no folders: two files for each environment, and one checksum.

export const CHECKSUM_FILE = 'checksum.md5'

const DATA = '-data.json'
const METADATA = '.json'

export interface EnvironmentFiles {
  readonly metadata: string
  readonly data: string
}

export function filesOf(id: string): EnvironmentFiles {
  return { metadata: id + METADATA, data: id + DATA }
}

/** Returns the role of a file by its name, or undefined if it is not part of the format. */
export function parseFileName(
  name: string,
): { readonly of: 'metadata' | 'data'; readonly id: string } | undefined {
  if (name.endsWith(DATA)) return { of: 'data', id: name.slice(0, -DATA.length) }
  if (name.endsWith(METADATA)) return { of: 'metadata', id: name.slice(0, -METADATA.length) }
  return undefined
}

export function isArchiveId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/.test(id) && !id.endsWith('-data')
}

/** Each file must be smaller than this, as in LaunchDarkly's Relay Proxy. */
export const MAX_FILE_BYTES: number = 200 * 2 ** 20
/** Maximum size of the unpacked archive, which equals that of the body of a poll. */
export const MAX_BYTES: number = 512 * 2 ** 20
/** Maximum number of files: two for each of 10,000 environments, and a reserve. */
export const MAX_FILES = 20_100

const PREFIX = 'halyard-'

/**
 * Returns an id for an environment whose id is unknown. It depends only on the name, and has a prefix that distinguishes it from
 * ids of LaunchDarkly.
 */
export function generateId(name: string): string {
  const readable = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${PREFIX}${readable.slice(0, 60).replaceAll(/^-|-$/g, '')}-${hash}`
}

/** Returns true if an id was generated by {@link generateId}, and is therefore unknown to the service. */
export function isGeneratedId(id: string): boolean {
  return id.startsWith(PREFIX)
}
