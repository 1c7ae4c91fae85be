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
  bridged.listen().events.length = 0
  return { bridged, stream }
}

it('(S52, D14) emits ready before the updates of the first payload', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A', put('a'), put('b'))).answer)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints }).listen()
  await bridged.emits('update b')
  expect(bridged.events).toEqual(['ready', 'update a', 'update b'])
})

it('(S52, D24) reports exactly the changed flags and those that depend on them', async () => {
  const { bridged, stream } = await listening(
    ['a'],
    ['needs-a', 1, { prerequisites: [{ key: 'a', variation: 0 }] }],
    ['needs-those', 1, { prerequisites: [{ key: 'needs-a', variation: 0 }] }],
    ['other'],
  )
  stream.send(delta('B', put('a', 2)))
  await bridged.emits('update needs-those')
  stream.send(delta('C', put('other', 2)))
  await bridged.emits('update other')
  expect(bridged.events.toSorted()).toEqual([
    'update a',
    'update needs-a',
    'update needs-those',
    'update other',
  ])
})

it('(S52) reports flags that use a changed segment', async () => {
  const { bridged, stream } = await listening(['uses', 1, usesSegment('s')], ['other'])
  stream.send(
    delta('B', { op: 'put', kind: 'segment', key: 's', version: 1, object: { key: 's', version: 1 } }),
  )
  await bridged.emits('update uses')
  expect(bridged.events).toEqual(['update uses'])
})

it('(S52, D11) reports a change whose version does not grow, and none if only the payload is new', async () => {
  const { bridged, stream } = await listening(['same', 5, { on: false }], ['turned', 5, { on: false }])
  stream.send(full('B', put('same', 5, { on: false }), put('turned', 4, { on: true }), put('last')))
  await bridged.emits('update last')
  expect(bridged.events).toEqual(['update turned', 'update last'])
})

it('(S52) reports a deleted flag, and reports to listeners of one flag only that flag', async () => {
  const { bridged, stream } = await listening(['a'], ['b'])
  const mine: string[] = []
  bridged.client.on('update:b', ({ key }: { readonly key: string }) => mine.push(key))
  stream.send(delta('B', remove('a'), remove('b')))
  await bridged.emits('update a', 'update b')
  expect(mine).toEqual(['b'])
})

it('(S52, D21) evaluates flags with keys such as constructor', async () => {
  const { bridged, stream } = await listening(['a'])
  const members = { on: true, variations: ['yes'], fallthrough: { variation: 0 }, salt: '' }
  const keys = ['constructor', 'toString', '__proto__', '']
  stream.send(delta('B', ...keys.map((key) => put(key, 1, members)), put('last')))
  await bridged.emits('update last')
  for (const key of keys) {
    expect(await bridged.client.stringVariation(key, { key: 'u' }, 'fallback')).toBe('yes')
  }
})
