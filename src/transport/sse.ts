import { TextDecoder } from 'node:util'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import { InvalidDataError } from './body.ts'

export interface SseEvent {
  readonly event: string
  readonly data: string
}

/** The events that one chunk of bytes completed. */
export interface SseBatch {
  readonly events: readonly SseEvent[]
  /** Number of comment lines, which servers send as heartbeats. */
  readonly comments: number
  /** True if an event has begun and is not complete. */
  readonly begun: boolean
}

/**
 * Parses the bytes of an event stream. Yields one batch for each chunk, even if it completes no event, because every byte
 * resets the time-outs of the stream.
 *
 * @throws {@link InvalidDataError} on bytes that are not UTF-8 and on an event longer than `maxEventBytes`.
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
    // The parser limits the data that it buffers between chunks. Events that are complete within a chunk are measured here.
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

/** Returns a fault instead of throwing it, so that the events before it are yielded first. */
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

/** Tracks whether an event has begun and is not complete. A comment line begins no event; a blank line ends one. */
export class EventProgress {
  #begun = false
  #line: 'start' | 'comment' | 'field' = 'start'
  #afterReturn = false

  get begun(): boolean {
    return this.#begun
  }

  feed(text: string): void {
    // Only the text after the last blank line can be incomplete, so the rest of a burst is not scanned.
    const tail = afterLastBlankLine(text)
    if (tail > 0) this.#restart()
    for (let index = tail; index < text.length; ) index = this.#read(text, index)
  }

  #restart(): void {
    this.#begun = false
    this.#line = 'start'
    this.#afterReturn = false
  }

  /** Reads to the end of a line or of the text, and returns the position after it. */
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

/** Returns the position after the last blank line, or 0. */
function afterLastBlankLine(text: string): number {
  // `includes` is many times faster than `lastIndexOf` on a long text without a match, and most servers send no carriage return.
  const blanks = text.includes('\r') ? ['\n\n', '\r\n\r\n', '\r\r'] : ['\n\n']
  const ends = blanks.map((blank) => {
    const at = text.lastIndexOf(blank)
    return at < 0 ? 0 : at + blank.length
  })
  return Math.max(...ends)
}
