import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { now } from '../propagation/now.ts'
import { offer } from './worker.ts'

/** Posts events to a relay and receives them behind it, in this process. */
export type EventTraffic = typeof traffic

export interface PostingPlan {
  readonly url: string
  readonly sdkKey: string
  readonly eventsPerPost: number
  readonly postsPerSecond: number
  readonly seconds: number
  readonly encoding: 'gzip' | 'identity'
}

const agent = new Agent({ keepAlive: true })
let events = 0
let posts = 0

const traffic = {
  /** Starts the events service. Resolves with its address. */
  async receive(): Promise<string> {
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const body = Buffer.concat(chunks)
        const text = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
        if (incoming.url === '/bulk') {
          posts += 1
          events += (JSON.parse(text.toString()) as readonly unknown[]).length
        }
        response.writeHead(202, { 'content-length': 0 }).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },

  /** Numbers of events and of requests that arrived so far. */
  received(): { readonly events: number; readonly posts: number } {
    return { events, posts }
  },

  /** Posts at a steady rate. */
  async post(plan: PostingPlan): Promise<void> {
    const begun = now()
    for (let index = 0; index < plan.postsPerSecond * plan.seconds; index++) {
      const due = begun + (index * 1_000) / plan.postsPerSecond
      await sleep(Math.max(0, due - now()))
      send(plan, index)
    }
  },
}

function send({ url, sdkKey, eventsPerPost, encoding }: PostingPlan, index: number): void {
  const text = JSON.stringify(Array.from({ length: eventsPerPost }, (_, at) => event(index, at)))
  const body = encoding === 'gzip' ? gzipSync(text) : Buffer.from(text)
  const headers = {
    authorization: sdkKey,
    'content-type': 'application/json',
    'content-length': body.length,
    'x-launchdarkly-event-schema': '4',
    'x-launchdarkly-payload-id': crypto.randomUUID(),
    'user-agent': 'NodeJSClient/9.0.0',
    ...(encoding === 'gzip' && { 'content-encoding': encoding }),
  }
  const posted = request(`${url}/bulk`, { method: 'POST', agent, headers }, (response) => response.resume())
  // The relay is stopped at the end.
  posted.on('error', () => undefined)
  posted.end(body)
}

/** Returns an event of about 320 bytes. */
function event(post: number, index: number): object {
  const user = (post * 7_919 + index * 104_729) % 1_000_003
  return {
    kind: 'feature',
    creationDate: Date.now(),
    key: `checkout-flow-${index}`,
    context: {
      kind: 'user',
      key: `user-${user}`,
      email: `user-${user}@example.com`,
      plan: 'gold',
      country: 'de',
      groups: ['beta', 'staff'],
    },
    value: user % 2 === 0 ? 'fast' : 'classic',
    variation: user % 2,
    version: 41,
    default: 'classic',
    reason: { kind: 'RULE_MATCH', ruleIndex: 1, ruleId: 'd1b2c3' },
  }
}

offer(traffic)
