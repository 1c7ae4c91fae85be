import type { ServerResponse } from 'node:http'

/** Answers with JSON that no cache may keep. */
export function say(response: ServerResponse, code: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': bytes.length,
  }
  response.writeHead(code, headers).end(bytes)
}
