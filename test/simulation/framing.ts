import type { ItemKind } from '../../src/model/change-set.ts'
import type { Random } from '../support/random.ts'
import type { Effect, Line } from './fault-injector.ts'
import type { State } from './model-server.ts'

/** Bytes, and the effects that they must have on a client that received all of them, in order. */
export interface Segment {
  readonly bytes: Uint8Array
  readonly effects: readonly Effect[]
}

export const COMMENT: Segment = { bytes: Buffer.from(':\n\n'), effects: [] }
export const NOT_UTF8: Segment = { bytes: Uint8Array.of(0x3a, 0xff, 0x0a, 0x0a), effects: ['bad'] }

/** Valid ways to write an event of a stream. */
const STYLES: readonly ((event: string, data: string) => string)[] = [
  (event, data) => `event: ${event}\ndata: ${data}\n\n`,
  (event, data) => `event:${event}\ndata:${data}\n\n`,
  (event, data) => `event: ${event}\r\ndata: ${data}\r\n\r\n`,
  (event, data) => `data: ${data}\nid: 7\nevent: ${event}\n\n`,
]

/** Returns a function that encodes events as segments of an event stream. */
export function framer(random: Random): (lines: readonly Line[]) => Segment[] {
  const style = random.pick(STYLES)
  return (lines) => lines.flatMap(({ event, data, effect }) => segmentsOf(style(event, data), effect))
}

/** Returns one segment, or two if the text ends with CRLF: CR ends a line by itself, so the event is complete before LF. */
function segmentsOf(text: string, effect: Effect | undefined): Segment[] {
  const effects = effect ? [effect] : []
  if (!text.endsWith('\r\n')) return [{ bytes: Buffer.from(text), effects }]
  return [
    { bytes: Buffer.from(text.slice(0, -1)), effects },
    { bytes: Buffer.from('\n'), effects: [] },
  ]
}

/** Encodes events as the body of a poll. */
export function pollBody(lines: readonly Line[]): Segment {
  const events = lines.map(({ event, data }) => {
    const json = isJson(data) ? data : event === 'unknown-event' ? '"rain"' : data
    return `{"event":${JSON.stringify(event)},"data":${json}}`
  })
  const effects = lines.flatMap(({ effect }) => effect ?? [])
  return { bytes: Buffer.from(`{"events":[${events.join(',')}]}`), effects }
}

/** Returns a short description of events for the trace. */
export function print(lines: readonly Line[]): string {
  const shortened = lines.map(({ event, data, effect }) => {
    const [, text = data] =
      /"intentCode":"([^"]*)"/.exec(data) ??
      /"state":"([^"]*)"/.exec(data) ??
      /"key":("[^"]*")/.exec(data) ??
      []
    return `${event} ${text}${effect === 'bad' ? ' (bad)' : ''}`
  })
  return shortened.join(', ')
}

/** Encodes a state as an FDv1 payload. */
export function fdv1Body({ items }: State): Segment {
  const collection = (kind: ItemKind): string =>
    [...items.values()]
      .filter((item) => item.kind === kind)
      .map(({ key, object }) => `${JSON.stringify(key)}:${JSON.stringify(object)}`)
      .join(',')
  const text = `{"flags":{${collection('flag')}},"segments":{${collection('segment')}}}`
  return { bytes: Buffer.from(text), effects: ['data'] }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
