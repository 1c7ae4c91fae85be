import { createHash } from 'node:crypto'
import { filesOf } from './layout.ts'

/** Files of an archive by name. */
export type Files = ReadonlyMap<string, Uint8Array>

/**
 * The MD5 of the files of these environments one after the other, in the order of their names as bytes: 16 bytes. It tells a
 * damaged archive from a sound one, and nothing about who made it.
 */
export function checksumOf(files: Files, ids: readonly string[]): Buffer {
  const names = ids.flatMap((id) => Object.values(filesOf(id)))
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const md5 = createHash('md5')
  for (const name of sorted) md5.update(files.get(name) ?? '')
  return md5.digest()
}
