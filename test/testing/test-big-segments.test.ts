import { expect, it } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { fail, type ScriptedOrigin, scriptedOrigin } from '../../src/testing/index.ts'

const POLL = '/sdk/big-segments/revisions'

async function poll(origin: ScriptedOrigin, query = ''): Promise<readonly { readonly version: string }[]> {
  const response = await origin.respond(new Request(origin.url + POLL + query))
  return response.json() as Promise<readonly { readonly version: string }[]>
}

it('serves patches with hashes of the keys, each from one version to the next', async () => {
  const origin = scriptedOrigin()
  expect(await poll(origin)).toEqual([])
  expect(origin.bigSegments.change('beta.g1', { included: { add: ['ada'] } })).toBe('v1')
  const second = origin.bigSegments.change('beta.g1', {
    included: { remove: ['ada'] },
    excluded: { add: ['bob'] },
  })
  expect(second).toBe('v2')
  expect(await poll(origin)).toEqual([
    {
      environmentId: 'test',
      segmentId: 'beta.g1',
      version: 'v1',
      previousVersion: '',
      changes: { included: { add: [bigSegmentHash('ada')], remove: [] }, excluded: { add: [], remove: [] } },
    },
    {
      environmentId: 'test',
      segmentId: 'beta.g1',
      version: 'v2',
      previousVersion: 'v1',
      changes: {
        included: { add: [], remove: [bigSegmentHash('ada')] },
        excluded: { add: [bigSegmentHash('bob')], remove: [] },
      },
    },
  ])
  expect((await poll(origin, '?after=v1')).map(({ version }) => version)).toEqual(['v2'])
  expect(await poll(origin, '?after=v2')).toEqual([])
  expect(origin.bigSegmentPoll.requests.map(({ basis }) => basis)).toEqual([undefined, undefined, 'v1', 'v2'])
})

it('answers a poll with 100 patches at most', async () => {
  const origin = scriptedOrigin()
  for (let index = 0; index < 150; index++) origin.bigSegments.change('beta.g1', {})
  expect([await poll(origin), await poll(origin, '?after=v100')].map(({ length }) => length)).toEqual([
    100, 50,
  ])
})

it('sends changes to open streams in one event, except silent ones, and applies failures', async () => {
  const origin = scriptedOrigin()
  const { bigSegments, bigSegmentStream } = origin
  bigSegments.change('beta.g1', {})
  const response = await origin.respond(new Request(`${origin.url}/big-segments`))
  const text = response.text().catch((error: unknown) => error)
  await expect.poll(() => bigSegmentStream.open).toBe(1)
  expect(bigSegments.changeSilently('beta.g1', {})).toBe('v2')
  bigSegments.changeAll([
    ['beta.g1', {}],
    ['other.g1', {}],
  ])
  bigSegmentStream.interrupt(fail.goodbye())
  const events = String(await text)
    .split('\n\n')
    .filter((event) => event.startsWith('event: patch'))
  const versions = events.map((event) =>
    [...event.matchAll(/"version":"(v\d)"/g)].map(([, version]) => version),
  )
  expect(versions).toEqual([['v3', 'v4']])
  origin.bigSegmentPoll.next(fail.status(401))
  expect((await origin.respond(new Request(origin.url + POLL))).status).toBe(401)
})
