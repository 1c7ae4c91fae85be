import { TextDecoder } from 'node:util'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import { InvalidDataError } from './body.ts'

export interface SseEvent {
  readonly event: string
  readonly data: string
}

/** What one chunk of bytes completed. */
export interface SseBatch {
  readonly events: readonly SseEvent[]
  /** Comment lines; servers send them as signs of life. */
  readonly comments: number
  /** Whether an event has begun that this batch does not complete. */
  readonly begun: boolean
}

/**
 * Splits the bytes of an event stream into events, a batch per chunk, empty batches included: every byte is a
 * sign of life to somebody. Throws {@link InvalidDataError} on bytes that are not UTF-8 and on an event
 * longer than `maxEventBytes`.
 */
export async function* sseBatches(
  body: AsyncIterable<Uint8Array>,
  maxEventBytes: number,
): AsyncGenerator<SseBatch, void, undefined> {
  let events: SseEvent[] = []
  let comments = 0
  const limit = (length: number): void => {
    if (length > maxEventBytes)
      throw new InvalidDataError(`an event is longer than ${maxEventBytes} characters`)
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const progress = new EventProgress()
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    // The parser looks at what it keeps between chunks; what comes whole in one is for us to measure.
    onEvent({ event = 'message', data }) {
      limit(data.length)
      events.push({ event, data })
    },
    onComment(comment) {
      limit(comment.length)
      comments++
    },
    onError: ({ type }) => limit(type === 'max-buffer-size-exceeded' ? Infinity : 0),
  })
  for await (const chunk of body) {
    const text = decode(decoder, chunk)
    const failure = feed(parser, text)
    progress.feed(text)
    if (!failure || events.length > 0) yield { events, comments, begun: progress.begun }
    if (failure) throw failure
    events = []
    comments = 0
  }
}

/** What was complete before the fault is still good. */
function feed(parser: EventSourceParser, text: string): unknown {
  try {
    parser.feed(text)
    return undefined
  } catch (error) {
    return error
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch (error) {
    throw new InvalidDataError('the stream is not UTF-8', { cause: error })
  }
}

/**
 * Tells whether an event has begun and not ended, by the shape of the lines alone: a comment begins nothing, a blank
 * line ends everything.
 */
export class EventProgress {
  #begun = false
  #line: 'start' | 'comment' | 'field' = 'start'
  #afterReturn = false

  get begun(): boolean {
    return this.#begun
  }

  feed(text: string): void {
    // Only what follows the last blank line can be unfinished; most of a burst need not be looked at.
    const tail = afterLastBlankLine(text)
    if (tail > 0) this.#restart()
    for (let index = tail; index < text.length; ) index = this.#read(text, index)
  }

  #restart(): void {
    this.#begun = false
    this.#line = 'start'
    this.#afterReturn = false
  }

  /** Reads to the end of a line, or of the text; answers where to go on. */
  #read(text: string, index: number): number {
    const first = text[index]
    const endsReturn = this.#afterReturn && first === '\n'
    this.#afterReturn = false
    if (endsReturn) return index + 1
    if (this.#line === 'start') {
      if (first === '\n' || first === '\r') this.#begun = false
      else {
        this.#line = first === ':' ? 'comment' : 'field'
        if (this.#line === 'field') this.#begun = true
      }
    }
    const end = text.slice(index).search(/[\r\n]/)
    if (end < 0) return text.length
    this.#line = 'start'
    this.#afterReturn = text[index + end] === '\r'
    return index + end + 1
  }
}

function afterLastBlankLine(text: string): number {
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((blank) => {
    const at = text.lastIndexOf(blank)
    return at < 0 ? 0 : at + blank.length
  })
  return Math.max(...ends)
}
