import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'
import { respondWithJson } from './respond-with-json.ts'

/** Answers a poll of FDv2. */
export function respondToPoll(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = { etag: answer.etag, bytes: answer.poll(), gzipped: () => answer.gzippedPoll() }
  return respondWithJson(body, request, response)
}
