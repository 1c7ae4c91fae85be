import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { given, tell } from '../child.ts'

/** Starts an events service in this process. */
export interface SinkSpec {
  /** Time from a request to its answer, in milliseconds. */
  readonly answerAfterMs: number
}

export interface SinkReady {
  readonly url: string
}

const { answerAfterMs } = given<SinkSpec>()
const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => void setTimeout(() => response.writeHead(202).end(), answerAfterMs))
})
server.listen(0, '127.0.0.1', () => {
  tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies SinkReady)
})
