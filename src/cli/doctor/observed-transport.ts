import type { HttpResponse, Transport } from '../../transport/transport.ts'

/** Counts of the data that a transport has received since it was created. */
export interface Observation {
  /** The last answer whose headers arrived. */
  response: Pick<HttpResponse, 'status' | 'headers'> | undefined
  /** Bytes of bodies, as they were transferred. */
  bytes: number
}

/** Returns a transport that records what it receives. */
export function observed(transport: Transport): {
  readonly transport: Transport
  readonly seen: Readonly<Observation>
} {
  const seen: Observation = { response: undefined, bytes: 0 }
  return {
    seen,
    transport: {
      async request(request) {
        const response = await transport.request(request)
        seen.response = response
        return { ...response, body: counted(response.body, seen) }
      },
      close: () => transport.close(),
    },
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, seen: Observation): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    seen.bytes += chunk.length
    yield chunk
  }
}
