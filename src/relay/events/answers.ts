import type { ServerResponse } from 'node:http'
import { PIXEL } from './event-image.ts'
import type { ReceivedBody } from './read-body.ts'

/** The answer to a post of events. */
export type Answer = ReceivedBody['type'] | 'off' | 'stopping'

/** Status and message. The messages of `off` and `empty` are those of LaunchDarkly's Relay Proxy. */
const ANSWERS: Readonly<Record<Answer, readonly [status: number, message?: string]>> = {
  complete: [202],
  noRoom: [202],
  empty: [400, 'body may not be empty'],
  // SDKs send the payload once more and drop it. After a 413, some send no events any more.
  tooLong: [400, 'the payload is too large'],
  // The client has left.
  broken: [400],
  off: [503, 'Event proxy is not enabled for this environment'],
  stopping: [503, 'the relay is stopping'],
}

/** Answers a post. SDKs read the header `date`, which Node adds, to end the debugging of flags. */
export function answerEvents(response: ServerResponse, answer: Answer): void {
  const [status, message] = ANSWERS[answer]
  const body = message === undefined ? '' : JSON.stringify({ message })
  response
    .writeHead(status, {
      'cache-control': 'no-store',
      ...(body !== '' && { 'content-type': 'application/json' }),
      'content-length': body.length,
    })
    .end(body)
}

export function answerImage(response: ServerResponse): void {
  const headers = { 'content-type': 'image/gif', 'cache-control': 'no-store', 'content-length': PIXEL.length }
  response.writeHead(200, headers).end(PIXEL)
}
