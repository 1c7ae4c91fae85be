import { TextDecoder } from 'node:util'
import { createParser } from 'eventsource-parser'
import { InvalidDataError } from './invalid-data-error.ts'

export interface SseEvent {
  readonly event: string
  readonly data: string
}

/** What one chunk of bytes completed. */
export interface SseBatch {
  readonly events: readonly SseEvent[]
  /** Comment lines; servers send them as signs of life. */
  readonly comments: number
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
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent({ event = 'message', data }) {
      // The parser looks at what it keeps between chunks; an event may come in one.
      if (data.length > maxEventBytes) tooLong()
      events.push({ event, data })
    },
    onComment: () => comments++,
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') tooLong()
    },
  })
  const tooLong = (): never => {
    throw new InvalidDataError(`an event is longer than ${maxEventBytes} characters`)
  }
  for await (const chunk of body) {
    parser.feed(decode(decoder, chunk))
    yield { events, comments }
    events = []
    comments = 0
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch (error) {
    throw new InvalidDataError('the stream is not UTF-8', { cause: error })
  }
}
