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
export function readName(
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
