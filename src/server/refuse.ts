import type { ServerResponse } from 'node:http'

const HEADERS = { 'content-length': 0, 'cache-control': 'no-store', vary: 'authorization' } as const

/**
 * Answers with a status and without a body. Most refusals depend on the SDK key, and caches keep a 404 or a 503 by default
 * or by configuration, so no cache may store one.
 */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...HEADERS, ...headers }).end()
}
