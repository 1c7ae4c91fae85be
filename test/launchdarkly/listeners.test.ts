import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { delta, full, LiveStream, put, remove, startOrigin } from '../support/origin.ts'
import { type Bridged, bridge } from './bridged.ts'

const usesSegment = (...segments: readonly string[]): object => ({
  rules: [{ variation: 0, clauses: [{ op: 'segmentMatch', values: segments }] }],
})

async function listening(...changes: Parameters<typeof put>[]): Promise<{
  readonly bridged: Bridged
  readonly stream: LiveStream
}> {
  const origin = await startOrigin()
  const stream = new LiveStream(full('A', ...changes.map((change) => put(...change))))
  origin.stream.always(stream.answer)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await bridged.client.waitForInitialization({ timeout: 60 })
  bridged.listen().told.length = 0
  return { bridged, stream }
}

it('(S52, D14) is ready, and only then tells of the flags that came with it', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A', put('a'), put('b'))).answer)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints }).listen()
  await bridged.tells('update b')
  expect(bridged.told).toEqual(['ready', 'update a', 'update b'])
})

it('(S52, D24) tells of flags that changed, with those that reach them, and of no others', async () => {
  const { bridged, stream } = await listening(
    ['a'],
    ['needs-a', 1, { prerequisites: [{ key: 'a', variation: 0 }] }],
    ['needs-those', 1, { prerequisites: [{ key: 'needs-a', variation: 0 }] }],
    ['other'],
  )
  stream.say(delta('B', put('a', 2)))
  await bridged.tells('update needs-those')
  stream.say(delta('C', put('other', 2)))
  await bridged.tells('update other')
  expect(bridged.told.toSorted()).toEqual([
    'update a',
    'update needs-a',
    'update needs-those',
    'update other',
  ])
})

it('(S52) tells of flags that use a segment when the segment changes', async () => {
  const { bridged, stream } = await listening(['uses', 1, usesSegment('s')], ['other'])
  stream.say(
    delta('B', { op: 'put', kind: 'segment', key: 's', version: 1, object: { key: 's', version: 1 } }),
  )
  await bridged.tells('update uses')
  expect(bridged.told).toEqual(['update uses'])
})

it('(S52, D11) tells of a change whose version does not grow, and of none where only the payload is new', async () => {
  const { bridged, stream } = await listening(['same', 5, { on: false }], ['turned', 5, { on: false }])
  stream.say(full('B', put('same', 5, { on: false }), put('turned', 4, { on: true }), put('last')))
  await bridged.tells('update last')
  expect(bridged.told).toEqual(['update turned', 'update last'])
})

it('(S52) tells of a flag that is gone, and tells listeners of one flag only of theirs', async () => {
  const { bridged, stream } = await listening(['a'], ['b'])
  const mine: string[] = []
  bridged.client.on('update:b', ({ key }: { readonly key: string }) => mine.push(key))
  stream.say(delta('B', remove('a'), remove('b')))
  await bridged.tells('update a', 'update b')
  expect(mine).toEqual(['b'])
})

it('(S52, D21) survives flags whose keys JavaScript knows already, and evaluates them', async () => {
  const { bridged, stream } = await listening(['a'])
  const members = { on: true, variations: ['yes'], fallthrough: { variation: 0 }, salt: '' }
  const keys = ['constructor', 'toString', '__proto__', '']
  stream.say(delta('B', ...keys.map((key) => put(key, 1, members)), put('last')))
  await bridged.tells('update last')
  for (const key of keys) {
    expect(await bridged.client.stringVariation(key, { key: 'u' }, 'fallback')).toBe('yes')
  }
})
