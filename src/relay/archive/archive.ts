import { createHash } from 'node:crypto'
import type { FullChangeSet } from '../../model/change-set.ts'
import { HalyardError } from '../../model/errors.ts'
import type { FurtherKey } from '../config/relay-config.ts'

/** An archive that was read and believed. */
export interface Archive {
  readonly path: string
  /** In the order of their ids; at least one. */
  readonly environments: readonly ArchivedEnvironment[]
}

/** One environment of an archive. */
export interface ArchivedEnvironment extends EnvironmentMetadata {
  /** Another whenever the data is; whoever wrote the archive says so. */
  readonly dataId: string
  readonly data: ArchivedData
}

/** What an archive says of an environment beside its flags. Texts that are missing are empty. */
export interface EnvironmentMetadata {
  /** What LaunchDarkly calls the client-side id. */
  readonly id: string
  readonly name: string
  readonly projName: string
  readonly projKey: string
  readonly sdkKey: string
  /** Other SDK keys that are still, or already, good. */
  readonly moreKeys: readonly FurtherKey[]
  /** 0: nobody said. */
  readonly ttlMinutes: number
  /** Another whenever one of these is another. */
  readonly version: number
}

/** The flags and segments of an environment. */
export interface ArchivedData {
  readonly changeSet: FullChangeSet
  /** Of the bytes they were read from, SHA-256 in hexadecimal digits. */
  readonly hash: string
}

/** What is wrong with an archive, and where. */
export interface ArchiveFault {
  /** The path of the archive. */
  readonly archive: string
  /** The file inside it that is at fault, where it is one. */
  readonly file?: string
  readonly reason: string
}

/**
 * An archive is refused as a whole. The message reads `archive: file: reason` and never holds a key: nothing that stands in
 * a file is repeated, and no error of a parser, which would repeat it, is its cause.
 */
export class ArchiveError extends HalyardError {
  readonly archive: string
  readonly file: string | undefined
  readonly reason: string

  constructor({ archive, file, reason }: ArchiveFault) {
    super('ARCHIVE', [archive, file, reason].filter((part) => part !== undefined).join(': '))
    this.archive = archive
    this.file = file
    this.reason = reason
  }
}

/** Files of an archive by name. */
export type ArchiveFiles = ReadonlyMap<string, Uint8Array>

/**
 * The MD5 of the files of these environments one after the other, in the order of their names as bytes: 16 bytes. It tells a
 * damaged archive from a sound one, and nothing about who made it.
 */
export function checksumOf(files: ArchiveFiles, ids: readonly string[]): Buffer {
  const names = ids.flatMap((id) => Object.values(filesOf(id)))
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const md5 = createHash('md5')
  for (const name of sorted) md5.update(files.get(name) ?? '')
  return md5.digest()
}

/** How files lie in an archive: flat, two for each environment, and one over all of them. */

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

/** What a file is, by its name; `undefined` for one that is not part of an archive. */
export function parseFileName(
  name: string,
): { readonly of: 'metadata' | 'data'; readonly id: string } | undefined {
  if (name.endsWith(DATA)) return { of: 'data', id: name.slice(0, -DATA.length) }
  if (name.endsWith(METADATA)) return { of: 'metadata', id: name.slice(0, -METADATA.length) }
  return undefined
}

/** Whether an id can be that of an environment, since files are called by it. */
export function isArchiveId(id: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/.test(id) && !id.endsWith('-data')
}

/** As in LaunchDarkly's Relay Proxy: a file has to be smaller. */
export const MAX_FILE_BYTES: number = 200 * 2 ** 20
/** The whole archive, unpacked; as much as the body of a poll may have. */
export const MAX_BYTES: number = 512 * 2 ** 20
/** Two for each of 10,000 environments, and some more. */
export const MAX_FILES = 20_100

const MARK = 'halyard-'

/**
 * An id for an environment nobody told the id of: the same for the same name, and of a form that nobody takes for one of
 * LaunchDarkly's.
 */
export function generateId(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${MARK}${words.slice(0, 60).replaceAll(/^-|-$/g, '')}-${hash}`
}

/** Whether an id was made here: then it is not what the service calls the environment. */
export function isGeneratedId(id: string): boolean {
  return id.startsWith(MARK)
}
