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
    onEvent: ({ event = 'message', data }) => events.push({ event, data }),
    onComment: () => comments++,
  })
  for await (const chunk of body) {
    const text = decode(decoder, chunk)
    try {
      parser.feed(text)
    } catch (error) {
      throw new InvalidDataError(`an event is longer than ${maxEventBytes} bytes`, { cause: error })
    }
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
