import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

/** A request that the events service received. */
interface Post {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The body as received, without decompression. */
  readonly body: Buffer
  readonly text: string
}

/** An answer: a status, no answer at all, or a connection that breaks. */
type Answer = number | 'hang' | 'break'

export interface EventsUpstream {
  readonly url: string
  readonly posts: readonly Post[]
  /** Answers of the next requests. */
  readonly answers: Answer[]
  /** The answer to all further requests. Initially 202. */
  otherwise: Answer
  /** The events of all posts. */
  readonly events: readonly { readonly kind: string; readonly [member: string]: unknown }[]
}

/** Starts a service on a real socket that records posts, and answers as the test wants. */
export async function startEventsUpstream(): Promise<EventsUpstream> {
  const posts: Post[] = []
  const upstream: EventsUpstream = {
    url: '',
    posts,
    answers: [],
    otherwise: 202,
    get events() {
      return posts.flatMap(({ text }) => JSON.parse(text) as never[])
    },
  }
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const isGzipped = request.headers['content-encoding'] === 'gzip'
    const text = (isGzipped ? gunzipSync(body) : body).toString()
    posts.push({ path: request.url ?? '', headers: request.headers, body, text })
    const answer = upstream.answers.shift() ?? upstream.otherwise
    if (answer === 'break') response.destroy()
    else if (answer !== 'hang') response.writeHead(answer).end()
  }
  const server = createServer((request, response) => {
    // Fails if the relay breaks the connection.
    receive(request, response).catch(() => undefined)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return Object.assign(upstream, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}
