import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { type RemoteClient, type Scripted, script, startSuite, streaming } from './suite.ts'

/** A store of big segments of the suite. */
class PlayedStore {
  readonly url: string
  /** The requests, in the form `getMembership HASH`. */
  readonly seen: string[] = []
  metadata: unknown = { lastUpToDate: Date.now() }
  /** The answer to a query; `undefined`: status 500. */
  membership: unknown = null

  constructor(url: string) {
    this.url = url
  }
}

async function startStore(): Promise<PlayedStore> {
  const server = createServer((request, response) => {
    void json(request).then(
      (content) => {
        const { contextHash = '' } = content as { contextHash?: string }
        const path = request.url?.slice(1) ?? ''
        store.seen.push(`${path} ${contextHash}`.trim())
        const answer = path === 'getMetadata' ? store.metadata : store.membership
        response.statusCode = answer === undefined ? 500 : 200
        response.end(answer === undefined ? 'scripted' : JSON.stringify(answer))
      },
      () => {
        store.seen.push(`${request.method} ${request.url}`)
        response.end()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const store = new PlayedStore(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return store
}

const SEGMENT: Scripted = { kind: 'segment', key: 's', version: 1, unbounded: true, generation: 100 }
const FLAG: Scripted = {
  key: 'f',
  version: 1,
  on: true,
  variations: [false, true],
  fallthrough: { variation: 0 },
  offVariation: 0,
  rules: [{ id: 'r', variation: 1, clauses: [{ attribute: '', op: 'segmentMatch', values: ['s'] }] }],
}

async function start(store: PlayedStore, options: object = {}): Promise<RemoteClient> {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script(FLAG, SEGMENT)).answer)
  return suite.client(
    { synchronizers: [streaming(origin.url)] },
    {
      bigSegments: {
        callbackUri: store.url,
        userCacheSize: null,
        userCacheTimeMs: null,
        statusPollIntervalMs: null,
        staleAfterMs: null,
        ...options,
      },
    },
  )
}

const evaluate = (client: RemoteClient): Promise<unknown> =>
  client.command('evaluate', {
    flagKey: 'f',
    context: { kind: 'user', key: 'user-key' },
    user: null,
    valueType: 'bool',
    defaultValue: false,
    detail: true,
  })

test('(BS6.1) evaluates with the members of the store that the suite plays', async () => {
  const store = await startStore()
  store.membership = { values: { 's.g100': true } }
  const client = await start(store)
  expect(await client.command('getBigSegmentStoreStatus', {})).toEqual({ available: true, stale: false })
  expect(await evaluate(client)).toMatchObject({ value: true, reason: { bigSegmentsStatus: 'HEALTHY' } })
  expect(store.seen).toEqual(['getMetadata', `getMembership ${bigSegmentHash('user-key')}`])
  await client.close()
  await expect.poll(() => store.seen.at(-1)).toBe('DELETE /')
})

test('(BS1.6, BS3.4) reports a query that was answered 500, and asks again', async () => {
  const store = await startStore()
  store.membership = undefined
  const client = await start(store)
  expect(await evaluate(client)).toMatchObject({ value: false, reason: { bigSegmentsStatus: 'STORE_ERROR' } })
  store.membership = null
  expect(await evaluate(client)).toMatchObject({ value: false, reason: { bigSegmentsStatus: 'HEALTHY' } })
})

test('(BS4.1) passes the durations on, and returns the last status', async () => {
  const store = await startStore()
  const client = await start(store, { statusPollIntervalMs: 10, userCacheTimeMs: 10, userCacheSize: 2 })
  expect(await client.command('getBigSegmentStoreStatus', {})).toEqual({ available: true, stale: false })
  store.metadata = undefined
  await expect
    .poll(() => client.command('getBigSegmentStoreStatus', {}))
    .toEqual({ available: false, stale: false })
  store.metadata = { lastUpToDate: 1 }
  await expect
    .poll(() => client.command('getBigSegmentStoreStatus', {}))
    .toEqual({ available: true, stale: true })
})
