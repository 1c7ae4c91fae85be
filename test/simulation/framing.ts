import type { ItemKind } from '../../src/model/change-set.ts'
import type { Random } from '../support/random.ts'
import type { Line, Word } from './conversation.ts'
import type { State } from './model-server.ts'

/** Some bytes, and what a client that has them all must conclude, in order. */
export interface Segment {
  readonly bytes: Uint8Array
  readonly words: readonly Word[]
}

export const COMMENT: Segment = { bytes: Buffer.from(':\n\n'), words: [] }
export const NOT_UTF8: Segment = { bytes: Uint8Array.of(0x3a, 0xff, 0x0a, 0x0a), words: ['bad'] }

/** The ways servers write an event stream, all of them legal. */
const STYLES: readonly ((event: string, data: string) => string)[] = [
  (event, data) => `event: ${event}\ndata: ${data}\n\n`,
  (event, data) => `event:${event}\ndata:${data}\n\n`,
  (event, data) => `event: ${event}\r\ndata: ${data}\r\n\r\n`,
  (event, data) => `data: ${data}\nid: 7\nevent: ${event}\n\n`,
]

/** Lines as the bytes of an event stream, a segment each. */
export function framer(random: Random): (lines: readonly Line[]) => Segment[] {
  const style = random.pick(STYLES)
  return (lines) => lines.flatMap(({ event, data, word }) => segmentsOf(style(event, data), word))
}

/** A carriage return ends a line by itself, so such an event is complete before its last byte. */
function segmentsOf(text: string, word: Word | undefined): Segment[] {
  const words = word ? [word] : []
  if (!text.endsWith('\r\n')) return [{ bytes: Buffer.from(text), words }]
  return [
    { bytes: Buffer.from(text.slice(0, -1)), words },
    { bytes: Buffer.from('\n'), words: [] },
  ]
}

/** Lines as the body of a poll. */
export function pollBody(lines: readonly Line[]): Segment {
  const events = lines.map(({ event, data }) => {
    const json = isJson(data) ? data : event === 'weather-report' ? '"rain"' : data
    return `{"event":${JSON.stringify(event)},"data":${json}}`
  })
  const words = lines.flatMap(({ word }) => word ?? [])
  return { bytes: Buffer.from(`{"events":[${events.join(',')}]}`), words }
}

/** Lines in few words, for people. */
export function print(lines: readonly Line[]): string {
  const shortened = lines.map(({ event, data, word }) => {
    const [, text = data] =
      /"intentCode":"([^"]*)"/.exec(data) ??
      /"state":"([^"]*)"/.exec(data) ??
      /"key":("[^"]*")/.exec(data) ??
      []
    return `${event} ${text}${word === 'bad' ? ' (bad)' : ''}`
  })
  return shortened.join(', ')
}

/** A state as FDv1 tells it: everything, in one document. */
export function fdv1Body({ items }: State): Segment {
  const collection = (kind: ItemKind): string =>
    [...items.values()]
      .filter((item) => item.kind === kind)
      .map(({ key, object }) => `${JSON.stringify(key)}:${JSON.stringify(object)}`)
      .join(',')
  const text = `{"flags":{${collection('flag')}},"segments":{${collection('segment')}}}`
  return { bytes: Buffer.from(text), words: ['data'] }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
