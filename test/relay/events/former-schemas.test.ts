import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { serve } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { constant } from '../../support/stored.ts'
import { at, EVENT_DEFAULTS, start } from '../starting.ts'
import { ENVIRONMENTS } from './forwarding-relay.ts'
import { type EventsUpstream, startEventsUpstream } from './upstream-service.ts'

const AT = 1_796_008_183_000
const USER = { key: 'u-1', email: 'a@b.example', custom: { plan: 'gold' }, privateAttrs: ['name'] }
const CONTEXT = {
  kind: 'user',
  key: 'u-1',
  email: 'a@b.example',
  plan: 'gold',
  _meta: { redactedAttributes: ['name'] },
}

interface Summarizing {
  readonly upstream: EventsUpstream
  readonly post: (events: unknown, headers?: Record<string, string>) => Promise<void>
  /** Waits until the relay has summarized this many events. Resolves with the events that it sends after the interval. */
  readonly summarized: (received: number) => Promise<readonly object[]>
  readonly counts: () => Counts
}

type Counts = RelayServer['view']['environments'][number]['events']

/** Starts a relay whose flag `tracked` is tracked, and whose flag `plain` is not. */
async function summarizing(): Promise<Summarizing> {
  const clock = new VirtualClock(AT)
  const upstream = await startEventsUpstream()
  const flags = await serve({
    flags: {
      plain: { ...constant('plain', 3, 'a'), variations: ['a', { b: 1 }] },
      tracked: { ...constant('tracked', 3, 'a'), trackEvents: true, debugEventsUntilDate: AT + 1 },
    },
  })
  const events = { ...EVENT_DEFAULTS, send: true, url: upstream.url }
  const relay = await start({ environments: ENVIRONMENTS, events, endpoints: at(flags) }, { clock })
  await relay.started
  const counts = (): Counts => {
    const [environment] = relay.view.environments
    if (!environment) throw new Error('the relay has no environment')
    return environment.events
  }
  return {
    upstream,
    counts,
    async post(payload, headers = {}) {
      const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
      const response = await fetch(`${relay.url}/bulk`, {
        method: 'POST',
        headers: { authorization: SDK_KEY, 'user-agent': 'PHPClient/1', ...headers },
        body: headers['content-encoding'] ? new Uint8Array(gzipSync(body)) : body,
      })
      expect(response.status).toBe(202)
    },
    async summarized(received) {
      await expect.poll(() => counts().summarized).toBe(received)
      expect(upstream.posts).toEqual([])
      await clock.advance(EVENT_DEFAULTS.flushIntervalMs)
      await expect.poll(() => upstream.posts.length).toBeGreaterThan(0)
      return upstream.events
    },
  }
}

const feature = (members: object): object => ({
  kind: 'feature',
  creationDate: AT,
  key: 'plain',
  user: USER,
  value: { b: 1 },
  version: 3,
  default: 'x',
  ...members,
})

it('(RE7.1) summarizes evaluations of schema 1, and completes them by the flags of the relay', async () => {
  const { upstream, post, summarized, counts } = await summarizing()
  const gzip = { 'content-encoding': 'gzip' }
  await post([feature({}), feature({ creationDate: AT + 5 })], gzip)
  await post([feature({ key: 'missing', version: undefined, value: 'x' })], gzip)
  expect(await summarized(3)).toEqual([
    { kind: 'index', creationDate: AT, context: CONTEXT },
    {
      kind: 'summary',
      startDate: AT,
      endDate: AT + 5,
      features: {
        plain: {
          default: 'x',
          contextKinds: ['user'],
          counters: [{ value: { b: 1 }, variation: 1, version: 3, count: 2 }],
        },
        missing: {
          default: 'x',
          contextKinds: ['user'],
          counters: [{ value: 'x', unknown: true, count: 1 }],
        },
      },
    },
  ])
  expect(upstream.posts[0]?.headers).toMatchObject({
    authorization: SDK_KEY,
    'user-agent': 'PHPClient/1',
    'content-encoding': 'gzip',
    'x-launchdarkly-event-schema': '4',
    'x-launchdarkly-payload-id': expect.any(String) as unknown,
  })
  await expect.poll(counts).toMatchObject({ received: 3, summarized: 3, forwarded: 2, queuedBytes: 0 })
})

it('(RE7.2) makes feature and debug events of flags that are tracked or debugged', async () => {
  const { post, summarized } = await summarizing()
  const reason = { kind: 'RULE_MATCH', ruleIndex: 0 }
  const tracked = feature({ key: 'tracked', value: 'a', variation: 0, reason, prereqOf: 'plain' })
  await post([tracked], { 'x-launchdarkly-event-schema': '2' })
  const event = {
    creationDate: AT,
    key: 'tracked',
    context: CONTEXT,
    value: 'a',
    variation: 0,
    version: 3,
    default: 'x',
    reason,
    prereqOf: 'plain',
  }
  expect(await summarized(1)).toMatchObject([
    { kind: 'index' },
    { kind: 'feature', ...event },
    { kind: 'debug', ...event },
    { kind: 'summary' },
  ])
})

it('(RE7.3) takes what an SDK without summaries says about its flags, and does not draw again', async () => {
  const { post, summarized } = await summarizing()
  const context = { kind: 'multi', user: { key: 'u' }, org: { key: 'o', size: 3 } }
  const known = { user: undefined, context, value: 'a', variation: 0, trackEvents: true }
  await post(
    [
      feature({ ...known, samplingRatio: 1_000, excludeFromSummaries: true }),
      feature({ ...known, key: 'tracked', trackEvents: false }),
    ],
    { 'x-launchdarkly-event-schema': '4', 'x-launchdarkly-unsummarized': 'true' },
  )
  expect(await summarized(2)).toMatchObject([
    { kind: 'index', context },
    { kind: 'feature', key: 'plain', context, samplingRatio: 1_000 },
    { kind: 'summary', features: { tracked: { contextKinds: ['user', 'org'] } } },
  ])
})

it('(RE7.4) converts the users of other events, and leaves unknown events as they are', async () => {
  const { post, summarized, counts } = await summarizing()
  const other = { kind: 'alias', key: 'a', previousKey: 'b' }
  await post([
    { kind: 'identify', creationDate: AT, key: 'u-1', user: USER },
    { kind: 'custom', creationDate: AT, key: 'order', user: USER, data: { a: 1 }, metricValue: 2 },
    'nonsense',
    { kind: 'custom', key: 'no user' },
    other,
  ])
  expect(await summarized(3)).toEqual([
    { kind: 'identify', creationDate: AT, context: CONTEXT },
    { kind: 'custom', creationDate: AT, key: 'order', context: CONTEXT, data: { a: 1 }, metricValue: 2 },
    other,
  ])
  expect(counts()).toMatchObject({ summarized: 3, invalid: 2 })
})

it('(RE7.5) summarizes the events of different SDKs separately', async () => {
  const { upstream, post, summarized } = await summarizing()
  for (const version of ['1', '2']) {
    await post([feature({})], { 'x-launchdarkly-tags': `application-version/${version}` })
  }
  await summarized(2)
  await expect.poll(() => upstream.posts.length).toBe(2)
  const tags = upstream.posts.map(({ headers }) => headers['x-launchdarkly-tags'])
  expect(new Set(tags)).toEqual(new Set(['application-version/1', 'application-version/2']))
})

it('(RE7.6) counts a repeated payload once', async () => {
  const { post, summarized, counts } = await summarizing()
  const id = { 'x-launchdarkly-payload-id': 'one' }
  await post([feature({})], id)
  await post([feature({})], id)
  await post('{"kind":"feature"}')
  await expect.poll(counts).toMatchObject({ invalid: 1 })
  expect(await summarized(1)).toMatchObject([
    { kind: 'index' },
    { features: { plain: { counters: [{ count: 1 }] } } },
  ])
  await expect.poll(counts).toMatchObject({ received: 2, summarized: 1, invalid: 1 })
})
