import type { ServerResponse } from 'node:http'

/** Answers with a status and nothing else. */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-length': 0, ...headers }).end()
}
