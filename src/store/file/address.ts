import { fileURLToPath } from 'node:url'
import { StoreError } from '../../model/errors.ts'
import {
  type InspectedStore,
  type InspectionTarget,
  type StoreAddress,
  StoreAddressError,
} from '../inspected-store.ts'
import { attempt } from './errors.ts'
import { fileStore } from './file-store.ts'
import { openForReading, readSnapshot } from './read-snapshot.ts'

export const FILE_ADDRESS: InspectedStore = {
  schemes: ['file'],
  usage: [['file:///PATH, or a path', 'a snapshot on disk']],
  variables: [],
  /** Accepts a path without a scheme, too. */
  parse(text, { prefix }): StoreAddress {
    const path = /^file:\/\//i.test(text) ? pathOf(text) : text
    if (prefix !== undefined) throw new StoreAddressError('a file has no prefix')
    return { options: { path }, open: () => targetOf(path) }
  },
}

function pathOf(text: string): string {
  const url = URL.parse(text)
  try {
    if (url && url.search === '' && url.hash === '') return fileURLToPath(url)
  } catch (cause) {
    throw new StoreAddressError('cannot parse STORE; expected file:///PATH of a file on this machine', {
      cause,
    })
  }
  throw new StoreAddressError('cannot parse STORE; expected file:///PATH, with ? and # percent-encoded')
}

/** Returns the target for a snapshot. A client treats a damaged snapshot like a missing one; inspection reports the difference. */
async function targetOf(path: string): Promise<InspectionTarget> {
  const description = fileStore(path)
  return {
    description,
    async fault(clock, signal) {
      const snapshot = await attempt(`cannot read ${description.prefix}`, signal, () =>
        openForReading(description.prefix, (opened) => readSnapshot(opened, clock)),
      )
      if (snapshot?.type === 'fault') return snapshot.reason
      if (snapshot?.type === 'valid') return undefined
      throw new StoreError('refused', `the file ${description.prefix} does not exist`)
    },
  }
}
