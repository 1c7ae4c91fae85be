import { get, type IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'
import type { RelayServer } from '../../src/relay/relay.ts'

/** A stream of a relay that a test reads. */
export interface OpenStream {
  readonly status: number
  /** The text that has arrived. */
  readonly text: string
  readonly hasEnded: boolean
}

/** Opens a stream. Resolves when the headers have arrived. */
export async function openStream(
  relay: RelayServer,
  path: string,
  authorization: string,
): Promise<OpenStream> {
  const request = get(relay.url + path, { headers: { authorization }, agent: false })
  onTestFinished(() => void request.destroy())
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  let text = ''
  let hasEnded = false
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
  })
  response.on('end', () => {
    hasEnded = true
  })
  response.on('error', () => {})
  return {
    status: response.statusCode ?? 0,
    get text() {
      return text
    },
    get hasEnded() {
      return hasEnded
    },
  }
}
