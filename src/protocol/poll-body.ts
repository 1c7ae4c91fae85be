import type { ItemLookup } from '../model/change-set.ts'
import { isJsonObject } from '../model/json.ts'
import { type Decoded, Decoder } from './decoder.ts'

/**
 * Decodes the body of a poll, in order. A body without a complete payload ends in a violation, because it is not a valid
 * answer. Only the patches of the first payload can apply to objects in memory.
 */
export function* decodePollBody(text: string, held: ItemLookup = () => undefined): Generator<Decoded> {
  const events = readEvents(text)
  if (typeof events === 'string') return yield { type: 'violation', event: 'poll', message: events }
  let answered = false
  // The objects of the first payload are not in memory yet when the second is decoded.
  const decoder = new Decoder((kind, key) => (answered ? undefined : held(kind, key)))
  for (const entry of events) {
    if (!isJsonObject(entry) || typeof entry.event !== 'string') {
      return yield { type: 'violation', event: 'poll', message: 'an entry of its events has no name' }
    }
    const decoded = decoder.decode(entry.event, entry.data)
    if (decoded.type === 'pending' || decoded.type === 'ignored') continue
    yield decoded
    if (decoded.type === 'violation' || decoded.type === 'goodbye') return
    if (decoded.type === 'changeSet') answered = true
  }
  if (decoder.transferring || !answered) {
    yield { type: 'violation', event: 'poll', message: 'the body ends without payload-transferred' }
  }
}

function readEvents(text: string): readonly unknown[] | string {
  if (text === '') return 'the body is empty'
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return 'the body is not JSON'
  }
  if (!isJsonObject(body) || !Array.isArray(body.events)) return 'the body has no list of events'
  return body.events
}
