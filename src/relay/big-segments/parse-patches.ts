import type { BigSegmentPatch, MemberLists } from '../../model/big-segment-patch.ts'
import { isJsonObject } from '../../model/json.ts'
import { InvalidDataError } from '../../transport/body.ts'

/**
 * Parses an answer or an event with patches. Members that LaunchDarkly may add are ignored.
 *
 * @throws {@link InvalidDataError} if it is not a list of patches.
 */
export function parsePatches(text: string): readonly BigSegmentPatch[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidDataError('the patches of big segments are not JSON')
  }
  if (!Array.isArray(value)) throw new InvalidDataError('the patches of big segments are not a list')
  return value.map(readPatch)
}

function readPatch(value: unknown, index: number): BigSegmentPatch {
  const fault = (what: string): InvalidDataError =>
    new InvalidDataError(`the patches of big segments have no valid [${index}]${what}`)
  if (!isJsonObject(value)) throw fault('')
  const textAt = (name: string): string => {
    const text = value[name]
    if (typeof text !== 'string') throw fault(`.${name}`)
    return text
  }
  const listAt = (place: string, list: unknown): readonly string[] => {
    if (list === undefined || list === null) return []
    if (!Array.isArray(list) || !list.every((hash) => typeof hash === 'string' && hash !== ''))
      throw fault(place)
    return list as readonly string[]
  }
  const listsAt = (place: string, lists: unknown): MemberLists => {
    if (lists !== undefined && lists !== null && !isJsonObject(lists)) throw fault(place)
    return {
      add: listAt(`${place}.add`, lists?.add),
      remove: listAt(`${place}.remove`, lists?.remove),
    }
  }
  const changes = value.changes ?? {}
  if (!isJsonObject(changes)) throw fault('.changes')
  const reference = textAt('segmentId')
  if (reference === '') throw fault('.segmentId')
  return {
    reference,
    version: textAt('version'),
    previousVersion: textAt('previousVersion'),
    included: listsAt('.changes.included', changes.included),
    excluded: listsAt('.changes.excluded', changes.excluded),
  }
}
