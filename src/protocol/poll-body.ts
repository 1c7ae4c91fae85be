import type { ItemLookup } from '../model/change-set.ts'
import { isJsonObject } from '../model/json.ts'
import { type Decoded, Decoder } from './decoder.ts'

/**
 * Everything the body of a poll says, in order. A body that ends inside a payload, or says nothing at all,
 * ends in a violation: it must not pass for an answer. Patches apply to what is held, in the first payload only.
 */
export function* decodePollBody(text: string, held: ItemLookup = () => undefined): Generator<Decoded> {
  const events = readEvents(text)
  if (typeof events === 'string') return yield { type: 'violation', event: 'poll', message: events }
  let answered = false
  // What one payload of a body brought is not held yet when the next is read.
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
