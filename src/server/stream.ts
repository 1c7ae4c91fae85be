import type { ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import { goodbyeEvent } from '../protocol/encoder.ts'
import { HEARTBEAT_HEADER } from '../protocol/events.ts'
import type { Answer } from './answer.ts'
import { frameOf, toStreamBytes } from './frame.ts'
import type { Publication } from './publication.ts'

export interface StreamOptions {
  readonly publication: Publication
  readonly response: ServerResponse
  readonly clock: Clock
  readonly heartbeatMs: number
  /** Aborts when the server shuts down. */
  readonly closing: AbortSignal
}

/**
 * Brings a client up to date and keeps it there until either side ends the stream. A client that reads more
 * slowly than data changes is told nothing until it has read what it was sent, and is then answered from
 * where it stands: what waits for it never exceeds one answer.
 */
export async function serveStream(first: Answer, options: StreamOptions): Promise<void> {
  const { publication, response, clock, heartbeatMs, closing } = options
  const gone = new AbortController()
  let sent = first.target

  const tell = (answer: Answer): void => {
    if (response.writableNeedDrain) return
    sent = answer.target
    response.write(answer.stream())
  }
  const catchUp = (): void => {
    const answer = publication.target === sent ? undefined : publication.answer(sent.state)
    if (answer) tell(answer)
  }
  const unsubscribe = publication.subscribe(tell)
  const sayGoodbye = (): void => {
    response.end(toStreamBytes([frameOf(goodbyeEvent('the server is shutting down'))]))
  }
  closing.addEventListener('abort', sayGoodbye)
  response.on('drain', catchUp)
  response.on('close', () => {
    unsubscribe()
    closing.removeEventListener('abort', sayGoodbye)
    gone.abort()
  })

  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    [HEARTBEAT_HEADER]: heartbeatMs,
  })
  tell(first)
  while (!gone.signal.aborted) {
    await sleep(clock, heartbeatMs, gone.signal)
    if (!response.writableEnded && !response.writableNeedDrain) response.write(':\n\n')
  }
}
