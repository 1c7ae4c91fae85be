import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { RedisFeatureStore } from '@launchdarkly/node-server-sdk-redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type DecodedRow, decodeRow, encodeItem, encodeTombstone } from '../../../src/layout/row.ts'
import type { ItemKind } from '../../../src/model/change-set.ts'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import type { VersionedRow } from '../../../src/model/persistent-store.ts'
import { type ScriptedOrigin, scriptedOrigin } from '../../../src/testing/index.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never } from '../../support/store-writes.ts'
import { type Opened, openRedis } from './opened.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const user = { kind: 'user', key: 'u-1' }

type Object = (Flag | Segment) & { readonly key: string; readonly version: number }

function put(kind: ItemKind, object: Object): VersionedRow {
  return encodeItem(kind, { key: object.key, version: object.version, object })
}

/** Serves `yes` to members of the segment, as long as its prerequisite does. */
function welcome(version: number, values: readonly string[] = ['no', 'yes']): Object {
  return {
    key: 'welcome',
    version,
    on: true,
    variations: [...values],
    offVariation: 0,
    fallthrough: { variation: 0 },
    prerequisites: [{ key: 'open', variation: 1 }],
    rules: [
      {
        id: 'r',
        variation: 1,
        clauses: [{ attribute: '', op: 'segmentMatch', values: ['crew'], negate: false }],
      },
    ],
    salt: 's',
  }
}

function opening(version: number, variation = 1): Object {
  return {
    key: 'open',
    version,
    on: true,
    variations: [false, true],
    offVariation: 0,
    fallthrough: { variation },
    salt: 's',
  }
}

function crew(version: number, ...included: readonly string[]): Object {
  return { key: 'crew', version, included: [...included], excluded: [], rules: [], salt: 's' }
}

/** A scripted origin on a real socket. */
async function serve(origin: ScriptedOrigin): Promise<string> {
  const server = createServer((request, response) => {
    void origin.respond(new Request(`http://flags.test${request.url}`)).then(({ status, headers, body }) => {
      response.writeHead(status, Object.fromEntries(headers))
      if (body) Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]).pipe(response)
      else response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describeWithRedis('Redis shared with the official SDK', () => {
  let server: RedisServer
  let prefix: string
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    prefix = freshPrefix()
  })

  const theirStore = (): NonNullable<LDOptions['featureStore']> =>
    RedisFeatureStore({ redisOpts: { host: '127.0.0.1', port: server.port }, prefix, cacheTTL: 0 })

  const connect = async (options: LDOptions): Promise<LDClient> => {
    const client = init('sdk-key', { sendEvents: false, logger: quiet, ...options })
    onTestFinished(() => client.close())
    await client.waitForInitialization({ timeout: 60 })
    return client
  }

  const decoded = async ({ store }: Opened): Promise<ReadonlyMap<string, DecodedRow>> => {
    const { rows } = await store.readAll(never)
    return new Map(rows.map((row) => [`${row.kind} ${row.key}`, decodeRow(row)]))
  }

  it('(S70) reads and evaluates our full writes, updates and deletes', async () => {
    const opened = openRedis({ url: server.url, prefix })
    await opened.store.write(
      full(put('segment', crew(1, 'u-1')), put('flag', opening(1)), put('flag', welcome(1))),
      never,
    )
    const client = await connect({ useLdd: true, featureStore: theirStore() })
    const value = (): Promise<string> => client.stringVariation('welcome', user, 'fallback')
    const all = async (): Promise<object> => (await client.allFlagsState(user)).allValues()
    expect(await value()).toBe('yes')
    expect(await all()).toEqual({ welcome: 'yes', open: true })

    await opened.store.write(delta(put('flag', welcome(2, ['nay', 'aye']))), never)
    expect(await value()).toBe('aye')
    await opened.store.write(delta(put('segment', crew(2))), never)
    expect(await value()).toBe('nay')
    await opened.store.write(delta(put('segment', crew(3, 'u-1')), put('flag', opening(2, 0))), never)
    expect(await client.stringVariationDetail('welcome', user, 'fallback')).toMatchObject({
      value: 'nay',
      reason: { kind: 'PREREQUISITE_FAILED', prerequisiteKey: 'open' },
    })

    await opened.store.write(
      delta(encodeTombstone('flag', 'welcome', 3), encodeTombstone('segment', 'crew', 4)),
      never,
    )
    expect(await client.stringVariationDetail('welcome', user, 'fallback')).toMatchObject({
      value: 'fallback',
      reason: { kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' },
    })
    expect(await all()).toEqual({ open: false })

    await opened.store.write(delta(put('flag', welcome(4))), never)
    expect(await value()).toBe('no')
    await opened.store.write(full(put('flag', opening(1))), never)
    expect(await all()).toEqual({ open: true })
  })

  describe.each([
    [
      'its stream',
      (url: string): LDOptions => ({ baseUri: url, streamUri: url, featureStore: theirStore() }),
    ],
    [
      'its data system',
      (url: string): LDOptions => ({
        baseUri: url,
        streamUri: url,
        dataSystem: {
          dataSource: { dataSourceOptionsType: 'standard' },
          persistentStore: theirStore(),
        } as NonNullable<LDOptions['dataSystem']>,
      }),
    ],
  ])('written by %s', (_by, options) => {
    const theirs = async (origin: ScriptedOrigin): Promise<LDClient> => connect(options(await serve(origin)))

    it('(S70) its full writes, updates and deletes are read by our store', async () => {
      const origin = scriptedOrigin({
        flags: [welcome(3), opening(5)],
        segments: [crew(7, 'u-1')],
      })
      const opened = openRedis({ url: server.url, prefix })
      await theirs(origin)
      await expect.poll(() => opened.store.initialized(never)).toBe(true)
      const everything = await decoded(opened)
      expect([...everything.keys()].toSorted()).toEqual(['flag open', 'flag welcome', 'segment crew'])
      expect(everything.get('flag welcome')).toMatchObject({
        type: 'item',
        item: { version: 3, object: welcome(3) },
      })
      expect(everything.get('segment crew')).toMatchObject({
        type: 'item',
        item: { version: 7, object: { included: ['u-1'] } },
      })

      origin.data.set(opening(6, 0))
      await expect
        .poll(async () => (await decoded(opened)).get('flag open'))
        .toMatchObject({ type: 'item', item: { object: { version: 6, fallthrough: { variation: 0 } } } })
      origin.data.delete('welcome')
      await expect
        .poll(async () => (await decoded(opened)).get('flag welcome'))
        .toEqual({ type: 'tombstone', version: 4 })
      expect(await opened.store.get('flag', 'welcome', never)).toMatchObject({ key: 'welcome' })
    })

    it('(S72) keeps the greater version in any order of both writers', async () => {
      const origin = scriptedOrigin({ flags: [opening(5)] })
      const opened = openRedis({ url: server.url, prefix })
      await theirs(origin)
      const held = async (): Promise<DecodedRow | undefined> => (await decoded(opened)).get('flag open')
      await expect.poll(() => held()).toMatchObject({ item: { version: 5 } })
      expect(await opened.store.write(delta(put('flag', opening(4))), never)).toMatchObject({ older: 1 })
      expect(await opened.store.write(delta(put('flag', opening(20, 0))), never)).toMatchObject({ older: 0 })
      origin.data.set(opening(6), { ...opening(1), key: 'other' })
      await expect.poll(async () => (await decoded(opened)).has('flag other')).toBe(true)
      expect(await held()).toMatchObject({ item: { version: 20, object: { fallthrough: { variation: 0 } } } })
      origin.data.set(opening(30))
      await expect.poll(() => held()).toMatchObject({ item: { version: 30 } })
    })
  })
})
