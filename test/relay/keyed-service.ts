import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import { type Everything, hosted } from '../support/service.ts'

/** A service with one environment that accepts several SDK keys. */
export interface KeyedService {
  readonly endpoints: RelayConfig['endpoints']
  /** The accepted keys, which a test can change. */
  readonly keys: Set<string>
  /** The path and key of each request, for example `/sdk/stream sdk-1`. */
  readonly requests: readonly string[]
  /** The keys of the open streams. */
  readonly streams: readonly string[]
  readonly change: (...changes: readonly Change[]) => void
}

/** Starts a service that ends with the test. Its answers contain the environment ID, if there is one. */
export async function startKeyedService(
  content: Everything,
  keys: readonly string[],
  envId?: string,
): Promise<KeyedService> {
  const { handler, change } = hosted(content)
  const accepted = new Set(keys)
  const requests: string[] = []
  const streams: string[] = []
  const http = createServer((request, response) => {
    const key = request.headers.authorization ?? ''
    const path = request.url?.split('?')[0] ?? ''
    requests.push(`${path} ${key}`)
    if (envId !== undefined) response.setHeader('x-ld-envid', envId)
    if (!accepted.has(key)) {
      response.writeHead(401).end()
      return
    }
    if (path === '/sdk/stream') {
      streams.push(key)
      response.on('close', () => streams.splice(streams.indexOf(key), 1))
    }
    handler(request, response)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return { endpoints: { polling: url, streaming: url }, keys: accepted, requests, streams, change }
}
