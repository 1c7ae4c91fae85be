import type { CompleteAnswer } from '../../server/outlet.ts'

/** A complete answer to a request of an operator. Its bytes may be shared by many responses. */
export type OperatorAnswer = CompleteAnswer

/** Returns an answer that no cache may keep. */
export function textAnswer(type: string, text: string): OperatorAnswer {
  return answerOf(200, type, text)
}

/** Returns an answer of JSON that no cache may keep. */
export function jsonAnswer(status: number, body: object): OperatorAnswer {
  return answerOf(status, 'application/json', JSON.stringify(body))
}

function answerOf(status: number, type: string, text: string): OperatorAnswer {
  const bytes = Buffer.from(text)
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': bytes.length,
  }
  return { status, headers, bytes }
}
