import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { init, type LDClient } from '@launchdarkly/node-server-sdk'
import { onTestFinished } from 'vitest'
import type { Change } from '../../../src/model/change-set.ts'
import { Upstream } from '../../support/upstream.ts'

export const USER = { kind: 'user', key: 'u-1' } as const

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A service with an environment for each key; gone with the test. */
export async function startService(
  environments: Readonly<Record<string, readonly Change[]>>,
): Promise<Upstream> {
  const service = new Upstream()
  for (const [key, changes] of Object.entries(environments)) service.hold(key, changes)
  await service.start()
  onTestFinished(() => service.kill())
  return service
}

/** The official SDK, in FDv2 over streams, when it is ready. */
export async function officialSdk(url: string, sdkKey: string): Promise<LDClient> {
  const dataSystem = { dataSource: { dataSourceOptionsType: 'standard' } } as const
  const client = init(sdkKey, { dataSystem, baseUri: url, streamUri: url, sendEvents: false, logger: silent })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return client
}

export interface EventStream {
  /** All that has arrived. */
  readonly text: () => string
  /** Resolves once the text matches; rejects if the stream ends before. */
  readonly until: (pattern: RegExp) => Promise<void>
  readonly ended: Promise<void>
}

/** Opens an event stream, which ends with the test. */
export async function openEventStream(url: string, sdkKey: string): Promise<EventStream> {
  const request = get(url, { agent: false, headers: { authorization: sdkKey } })
  onTestFinished(() => void request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => {})
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`)
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const over = new AbortController()
  // A connection that breaks ends the stream as well.
  response.on('error', () => {})
  const ended = new Promise<void>((resolve) => response.once('close', resolve))
  void ended.then(() => over.abort(new Error(`the stream ended after: ${text}`)))
  return {
    text: () => text,
    until: async (pattern) => {
      while (!pattern.test(text)) {
        over.signal.throwIfAborted()
        await once(response, 'data', { signal: over.signal })
      }
    },
    ended,
  }
}

/** Sends a request target as it is written, which `fetch` would normalize. Resolves with the status. */
export async function statusOf(url: string, target: string): Promise<number> {
  const { port, host } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  // Not ended: nginx takes a half-closed connection for a client that left.
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const bytes of socket) answer += String(bytes)
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
}
