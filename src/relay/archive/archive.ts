import type { FullChangeSet } from '../../model/change-set.ts'
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
