import type { CompleteAnswer } from '../../server/event-stream.ts'

/** Returns an answer that no cache may keep. */
export function textAnswer(type: string, text: string): CompleteAnswer {
  return answerOf(200, type, text)
}

/** Returns an answer of JSON that no cache may keep. */
export function jsonAnswer(status: number, body: object): CompleteAnswer {
  return answerOf(status, 'application/json', JSON.stringify(body))
}

function answerOf(status: number, type: string, text: string): CompleteAnswer {
  const bytes = Buffer.from(text)
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': bytes.length,
  }
  return { status, headers, bytes }
}
