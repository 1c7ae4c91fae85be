import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DataOwner } from '../layout/data-owner.ts'
import { fingerprint, readSidecar } from '../layout/sidecar.ts'
import { FIRST_LINE_BYTES, sidecarIn } from '../store/file/format.ts'
import { type EnvironmentConfig, ownerIdentityOf } from './config/relay-config.ts'

const EXTENSION = '.snapshot'

/** Bytes that are read of a snapshot to find its sidecar, which is a few hundred bytes long. */
const HEAD_BYTES = 65_536

/**
 * Returns the path of the snapshot of an environment. Its name begins with the readable name of the environment and ends with the
 * fingerprint of its SDK key, or of a former key if the snapshot was begun with that one (decision 36).
 */
export function snapshotPath(directory: string, config: EnvironmentConfig): string {
  const readable = config.name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 60)
  const path = join(directory, `${readable}-${fingerprint(config.sdkKey)}${EXTENSION}`)
  if (existsSync(path)) return path
  const owner = new DataOwner(ownerIdentityOf(config))
  const named = new RegExp(`^${readable}-[0-9a-f]{16}\\${EXTENSION}$`)
  const candidates = filesIn(directory).filter((name) => named.test(name))
  const former = candidates.map((name) => join(directory, name)).find((file) => isOwned(file, owner))
  return former ?? path
}

/** Returns the names of the files, or none if the folder cannot be read, which the store reports when it reads the snapshot. */
function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function isOwned(path: string, owner: DataOwner): boolean {
  const sidecar = readSidecar(sidecarIn(headOf(path)))
  return sidecar !== undefined && owner.owns(sidecar)
}

/** Returns the begin of a snapshot after its first line; nothing if the file cannot be read. */
function headOf(path: string): Buffer {
  const buffer = Buffer.alloc(HEAD_BYTES)
  try {
    const file = openSync(path, 'r')
    try {
      return buffer.subarray(0, readSync(file, buffer, 0, HEAD_BYTES, FIRST_LINE_BYTES))
    } finally {
      closeSync(file)
    }
  } catch {
    return Buffer.alloc(0)
  }
}
