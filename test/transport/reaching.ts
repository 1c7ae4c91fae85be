import { onTestFinished } from 'vitest'
import { type Network, undiciTransport } from '../../src/transport/undici-transport.ts'
import { collect } from './bytes.ts'

export const CREDENTIAL = 'sdk-secret-3f1c'

/** Gets over a transport of its own and reads the answer whole: status and text. */
export async function reach(url: string, network: Network = {}, signal?: AbortSignal): Promise<string> {
  const transport = undiciTransport({ proxy: 'none', ...network })
  onTestFinished(() => transport.close())
  const response = await transport.request({
    method: 'GET',
    url,
    headers: { authorization: CREDENTIAL },
    signal: signal ?? new AbortController().signal,
  })
  const content = Buffer.concat(await collect(response.body))
  return `${response.status} ${content.toString()}`
}

/** Why it cannot be reached. */
export async function refusal(url: string, network?: Network, signal?: AbortSignal): Promise<unknown> {
  return reach(url, network, signal).then(
    (answer) => Promise.reject(new Error(`it was reached: ${answer}`)),
    (error: unknown) => error,
  )
}
