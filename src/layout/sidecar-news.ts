import type { StoreChange } from '../model/change-feed.ts'
import { readNotice } from './notice.ts'
import { readSidecar } from './sidecar.ts'

/**
 * What was written between two looks at the sidecar, `undefined` where it is the same: what its notice says, if it is the
 * next revision of a generation. Otherwise anything may differ.
 */
export function sidecarNews(before: string | undefined, after: string | undefined): StoreChange | undefined {
  if (after === before) return undefined
  const [was, is] = [readSidecar(before), readSidecar(after)]
  const follows = was && is && is.generation === was.generation && is.revision === was.revision + 1
  return follows ? readNotice(is.notice) : { type: 'replaced' }
}
