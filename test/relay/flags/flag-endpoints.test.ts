import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Change } from '../../../src/model/change-set.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { FlagDetails } from '../../../src/relay/flags/details.ts'
import type { ItemPage } from '../../../src/relay/flags/rows.ts'
import { textOf } from '../../../src/relay/flags/sentence.ts'
import { type RelayServer, startRelayServer } from '../../../src/relay/relay.ts'
import { fetchRaw } from '../../server/raw-http.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { change } from '../../support/stored.ts'
import { Upstream } from '../../support/upstream.ts'
import { summaryOf } from '../events/counted-events.ts'
import { startCounting } from '../events/counting-relay.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const SDK_KEY = 'sdk-production-51f0'
const USES_BETA = [{ attribute: 'key', op: 'segmentMatch', values: ['beta'] }]

const BETA: Change = {
  op: 'put',
  kind: 'segment',
  key: 'beta',
  version: 3,
  object: { key: 'beta', version: 3, included: ['ada'], rules: [] },
}

const FLAGS: readonly Change[] = [
  change('checkout', 1, true, { variations: [true, false], rules: [{ clauses: USES_BETA, variation: 1 }] }),
  change('Cart-Layout', 1, 'wide', { on: false, offVariation: 0 }),
  change('limit', 1, 5, { prerequisites: [{ key: 'checkout', variation: 0 }] }),
  change('theme', 1, { colour: 'red' }),
]

/** Starts a relay with one environment, `production`. */
async function start(settings: Partial<RelayConfig> = {}, changes: readonly Change[] = [...FLAGS, BETA]) {
  const upstream = new Upstream()
  upstream.hold(SDK_KEY, changes)
  await upstream.start()
  onTestFinished(() => upstream.kill())
  const environments = [{ name: 'production', sdkKey: SDK_KEY }]
  const config = { ...relayConfig({ endpoints: upstream.endpoints, environments }), ...settings }
  const relay = await startRelayServer(config, { logger: silent })
  onTestFinished(() => relay.close())
  await relay.started
  return { upstream, relay }
}

async function get<T>(relay: RelayServer, path: string): Promise<T> {
  const { status, body } = await fetchRaw(`${relay.url}/page/${path}`)
  expect([status, body.toString().slice(0, 200)]).toEqual([200, expect.anything()])
  return JSON.parse(body.toString())
}

const list = (relay: RelayServer, query = '', environment = 'production'): Promise<ItemPage> =>
  get(relay, `flags?environment=${environment}${query}`)

const keysOf = async (relay: RelayServer, query: string, environment?: string): Promise<readonly string[]> =>
  (await list(relay, query, environment)).rows.map(({ key }) => key)

it('(PG20.1) lists the flags of an environment by key, with type, state, version and summary', async () => {
  const { relay } = await start()
  const { rows, ...page } = await list(relay)
  expect(page).toEqual({
    environment: 'production',
    kind: 'flag',
    all: 4,
    total: 4,
    offset: 0,
    isCounted: false,
  })
  expect(rows.map(({ summary, ...row }) => ({ ...row, summary: textOf(summary) }))).toEqual([
    { key: 'Cart-Layout', type: 'string', on: false, version: 1, summary: 'Off: "wide"' },
    { key: 'checkout', type: 'boolean', on: true, version: 1, summary: '1 rule, otherwise true' },
    { key: 'limit', type: 'number', on: true, version: 1, summary: '1 prerequisite, otherwise 5' },
    { key: 'theme', type: 'JSON', on: true, version: 1, summary: '{"colour":"red"} for everyone' },
  ])
})

it('(PG21) searches keys and targeting without regard to case, and filters by type and state', async () => {
  const { relay } = await start()
  expect(await keysOf(relay, '&search=CART')).toEqual(['Cart-Layout'])
  expect((await list(relay, '&search=beta')).rows).toMatchObject([{ key: 'checkout', found: 'beta' }])
  expect((await list(relay, '&search=checkout')).rows).toMatchObject([
    { key: 'checkout' },
    { key: 'limit', found: 'checkout' },
  ])
  expect(await keysOf(relay, '&search=RED')).toEqual(['theme'])
  expect(await keysOf(relay, '&search=.*')).toEqual([])
  expect(await keysOf(relay, '&type=number')).toEqual(['limit'])
  expect(await keysOf(relay, '&state=off')).toEqual(['Cart-Layout'])
  expect(await keysOf(relay, '&kind=segment')).toEqual(['beta'])
  expect(await keysOf(relay, '&kind=segment&type=big')).toEqual([])
})

it('(PG21.3) lists the flags that changed last first, if that is wanted', async () => {
  const { relay, upstream } = await start()
  upstream.change(SDK_KEY, change('theme', 2, { colour: 'blue' }))
  await expect
    .poll(() => keysOf(relay, '&sort=changed'))
    .toEqual(['theme', 'Cart-Layout', 'checkout', 'limit'])
  expect((await list(relay, '&sort=changed')).rows[0]?.changedAt).toBeGreaterThan(1_000_000)
})

it('(PG20.7, PG21.4) lists the flags with the most evaluations first, if they are counted', async () => {
  const { relay, post, usage } = await startCounting()
  expect(await keysOf(relay, '&sort=used', 'test')).toEqual(['checkout', 'hidden'])
  const counters = (count: number): object[] => [{ variation: 0, version: 1, count }]
  await post('/bulk', JSON.stringify([summaryOf({ checkout: counters(2), hidden: counters(3) })]))
  await expect.poll(() => usage().evaluations).toBe(5)
  expect(await list(relay, '&sort=used', 'test')).toMatchObject({
    isCounted: true,
    rows: [
      { key: 'hidden', evaluations: 3 },
      { key: 'checkout', evaluations: 2 },
    ],
  })
})

it('(PG20.3) answers pages of at most 100 rows from 100,000 flags', async () => {
  const flags = Array.from({ length: 100_000 }, (_, index) => put(`flag-${(index * 7_919) % 100_000}`))
  const { relay } = await start({ initTimeoutMs: 60_000 }, flags)
  await expect.poll(async () => (await list(relay)).total, { timeout: 60_000 }).toBe(100_000)
  const sorted = flags.map(({ key }) => key).sort()
  expect(await keysOf(relay, '')).toEqual(sorted.slice(0, 50))
  expect(await keysOf(relay, '&offset=99950&limit=100')).toEqual(sorted.slice(99_950))
  expect((await list(relay, '&search=99')).total).toBe(sorted.filter((key) => key.includes('99')).length)
})

it('(PG20.4) refuses a query that it does not understand, and names the parameter', async () => {
  const { relay } = await start()
  const problem = async (path: string): Promise<unknown> => {
    const { status, headers, body } = await fetchRaw(`${relay.url}/page/${path}`)
    expect(headers['cache-control']).toBe('no-store')
    return [status, JSON.parse(body.toString()).error]
  }
  const known = 'flags?environment=production'
  expect(await problem('flags')).toEqual([400, 'environment is missing'])
  expect(await problem('flags?environment=test')).toEqual([404, 'unknown environment'])
  expect(await problem(`${known}&kind=x`)).toEqual([400, 'kind is none of flag, segment'])
  expect(await problem(`${known}&offset=-1`)).toEqual([
    400,
    'offset is not a whole number of at most 9007199254740991',
  ])
  expect(await problem(`${known}&limit=101`)).toEqual([400, 'limit is not a whole number of at most 100'])
  expect(await problem(`${known}&environment=b`)).toEqual([400, 'environment is given more than once'])
  expect(await problem(`${known}&serach=a`)).toEqual([400, expect.stringContaining('a parameter is unknown')])
  expect(await problem(`${known}&search=${'x'.repeat(201)}`)).toEqual([
    400,
    'search is longer than 200 characters',
  ])
  expect(await problem('flag?environment=production&key=nothing')).toEqual([
    404,
    'there is no flag with this key',
  ])
})

it('(PG20.5) needs the login of operators, only accepts GET, and is not on the port of SDKs if operators have their own', async () => {
  const adminLogin = { username: 'ops', password: 'secret' }
  const { relay } = await start({ admin: { port: 0 }, adminLogin })
  const paths = ['/page/flags?environment=production', '/page/flag?environment=production&key=limit']
  const authorization = `Basic ${Buffer.from(`${adminLogin.username}:${adminLogin.password}`).toString('base64')}`
  for (const path of paths) {
    // The port of SDKs takes it for a request with a wrong SDK key.
    expect((await fetch(relay.url + path, { headers: { authorization } })).status).toBe(401)
    expect((await fetch(relay.adminUrl + path)).status).toBe(401)
    expect((await fetch(relay.adminUrl + path, { headers: { authorization } })).status).toBe(200)
    const post = await fetch(relay.adminUrl + path, { method: 'POST', headers: { authorization } })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET'])
  }
})

it('(PG22.3) describes a flag: steps, variations, segments, dependents and JSON', async () => {
  const { relay } = await start()
  const flag = await get<FlagDetails>(relay, 'flag?environment=production&key=checkout')
  expect(flag.steps.map(({ type, words }) => [type, textOf(words)])).toEqual([
    ['off', expect.stringContaining('While the flag is off')],
    ['rule', 'If the context is in segment beta → variation 1 (false).'],
    ['fallthrough', 'Everyone else → variation 0 (true).'],
  ])
  expect(flag).toMatchObject({
    kind: 'flag',
    type: 'boolean',
    on: true,
    variationCount: 2,
    availableTo: { mobile: true, browser: false },
    usedBy: { items: [{ flag: 'limit' }], total: 1 },
    segments: [{ key: { segment: 'beta' }, isBig: false }],
    changes: [],
  })
  expect(JSON.parse(flag.json.text)).toMatchObject({ key: 'checkout', version: 1 })
  const segment = await get(relay, 'flag?environment=production&kind=segment&key=beta')
  expect(segment).toMatchObject({ kind: 'segment', usedBy: { items: [{ flag: 'checkout' }], total: 1 } })
})

it('(PG23.4) shows the changes of a flag, also after its deletion', async () => {
  const { relay, upstream } = await start()
  upstream.change(SDK_KEY, change('limit', 2, 6))
  await expect.poll(async () => (await list(relay, '&search=limit')).rows[0]?.version).toBe(2)
  upstream.change(SDK_KEY, { op: 'delete', kind: 'flag', key: 'limit', version: 3 })
  await expect
    .poll(async () =>
      JSON.parse((await fetchRaw(`${relay.url}/page/flag?environment=production&key=limit`)).body.toString()),
    )
    .toMatchObject({
      kind: 'deleted',
      key: 'limit',
      changes: [
        { type: 'deleted', from: 2 },
        {
          type: 'changed',
          from: 1,
          to: 2,
          differences: [
            { path: 'variations[0]', from: '5', to: '6' },
            { path: 'prerequisites', from: '[{"key":"checkout","variation":0}]' },
          ],
        },
      ],
    })
})

it('(PG22.5) bounds the answer for a flag of 5 MB, and for hostile names', async () => {
  const names = ['<img src=x>', '__proto__', 'safe\u202egnp', 'x'.repeat(3_000), ' ', '"']
  const large = change('large', 1, 'y'.repeat(5_000_000), {
    targets: [{ variation: 0, values: Array.from({ length: 50_000 }, (_, index) => `user-${index}`) }],
    __proto__x: 1,
  })
  const { relay } = await start({}, [large, ...names.map((name) => put(name))])
  const { body } = await fetchRaw(`${relay.url}/page/flag?environment=production&key=large`)
  expect(body.length).toBeLessThan(150_000)
  const flag: FlagDetails = JSON.parse(body.toString())
  expect(flag.json).toMatchObject({ isCut: true })
  expect(
    (await list(relay)).rows
      .map(({ key }) => key.length)
      .toSorted((a, b) => a - b)
      .at(-1),
  ).toBe(1_001)
  for (const name of names) {
    const path = `flag?environment=production&key=${encodeURIComponent(name)}`
    expect(await get<FlagDetails>(relay, path)).toMatchObject({ kind: 'flag', key: name })
  }
})

it('(PG20.6) ends the work for a client that has left', async () => {
  const { relay } = await start(
    {},
    Array.from({ length: 20_000 }, (_, index) => put(`flag-${index}`)),
  )
  const { port } = new URL(relay.url)
  for (let index = 0; index < 60; index++) {
    const socket = connect(Number(port), '127.0.0.1')
    const search = `nothing-${index}`
    socket.write(`GET /page/flags?environment=production&search=${search} HTTP/1.1\r\nhost: relay\r\n\r\n`)
    await new Promise((resolve) => socket.once('connect', resolve))
    socket.destroy()
  }
  await expect.poll(async () => (await list(relay)).total).toBe(20_000)
})

it('(PG20.8) marks a flag that a file of overrides replaces', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-flags-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'overrides.json')
  await writeFile(file, JSON.stringify({ flagValues: { limit: 99 } }))
  const { relay } = await start(
    { environments: [{ name: 'production', sdkKey: SDK_KEY, overrideFiles: [file] }] },
    FLAGS,
  )
  const { rows } = await list(relay)
  expect(rows.filter(({ overridden }) => overridden)).toMatchObject([{ key: 'limit', on: true }])
  expect(await get<FlagDetails>(relay, 'flag?environment=production&key=limit')).toMatchObject({
    overridden: true,
    variations: [[{ name: '99' }]],
  })
})
