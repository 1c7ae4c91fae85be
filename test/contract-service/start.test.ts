import { expect, test } from 'vitest'
import { certificate, certificatePath } from '../support/certificates.ts'
import { LiveStream, startOrigin, status } from '../support/origin.ts'
import { startWaitMs } from './start-wait.ts'
import { fixed, polling, script, startSuite, streaming } from './suite.ts'

const evaluate = {
  flagKey: 'a',
  context: { kind: 'user', key: 'u' },
  valueType: 'any',
  defaultValue: 'default',
}

test('answers as soon as the stream of the client has data', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const stream = new LiveStream([])
  origin.stream.always(stream.answer)
  let answered = false
  const trying = suite.tryClient({ synchronizers: [streaming(origin.url)] }).finally(() => {
    answered = true
  })
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  expect(answered).toBe(false)
  stream.send(script(fixed('a', 1)))
  const response = await trying
  expect([response.status, response.headers.get('location')]).toEqual([201, '/clients/1'])
})

test('answers 500 with the reason and closes a client that cannot start', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(status(401))
  const response = await suite.tryClient({ synchronizers: [streaming(origin.url)] })
  expect(response.status).toBe(500)
  expect(await response.text()).toContain('401')
  await origin.until(() => origin.connections === 0, 'no connection')
})

test('answers 500 and closes a client that is too slow', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream([]).answer)
  const response = await suite.tryClient({ synchronizers: [streaming(origin.url)] }, { startWaitTimeMs: 200 })
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('too late')])
  expect(origin.stream.received).toHaveLength(1)
  await origin.until(() => origin.connections === 0, 'no connection')
})

test('keeps a slow client if that is permitted', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const stream = new LiveStream([])
  origin.stream.always(stream.answer)
  const client = await suite.client(
    { synchronizers: [streaming(origin.url)] },
    { startWaitTimeMs: 1, initCanFail: true },
  )
  expect(await client.command('evaluate', { ...evaluate, detail: true })).toEqual({
    value: 'default',
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
  })
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  stream.send(script(fixed('a', 'late')))
  await expect.poll(() => client.command('evaluate', evaluate)).toEqual({ value: 'late' })
})

test('answers 500 to a configuration that the library refuses, whether or not starting may fail', async () => {
  const suite = await startSuite()
  const response = await suite.tryClient({ synchronizers: [streaming('not a url')] }, { initCanFail: true })
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('baseUri')])
})

test('answers 400 to an unknown type of store', async () => {
  const suite = await startSuite()
  const persistentDataStore = {
    store: { type: 'etcd', prefix: null, dsn: 'localhost' },
    cache: { mode: 'off' },
  }
  const response = await suite.tryClient({ store: { persistentDataStore } })
  expect(response.status).toBe(400)
})

test.each([
  [undefined, 5_000],
  [0, 5_000],
  [1, 1],
  [700, 700],
  [30_000_000_000, 30_000],
])('a wait of %s from the suite becomes %i ms', (asked, waited) => {
  expect(startWaitMs(asked)).toBe(waited)
})

test('accepts a wait that is longer than the longest timer', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const stream = new LiveStream([])
  origin.stream.always(stream.answer)
  const trying = suite.tryClient(
    { synchronizers: [streaming(origin.url)] },
    { startWaitTimeMs: 30_000_000_000 },
  )
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  stream.send(script())
  expect((await trying).status).toBe(201)
})

test.each([streaming, polling])(
  'an untrusted certificate does not prevent the creation of a client, %#',
  async (source) => {
    const suite = await startSuite()
    const origin = await startOrigin({ tls: certificate('leaf') })
    const client = await suite.client({ synchronizers: [source(origin.url)] })
    expect(origin.received).toEqual([])
    expect(await client.command('evaluate', evaluate)).toEqual({ value: 'default' })
  },
)

test('leaves no certificate file after another failure', async () => {
  const suite = await startSuite()
  const secure = await startOrigin({ tls: certificate('leaf') })
  const plain = await startOrigin()
  plain.poll.always(status(401))
  const sources = { initializers: [polling(plain.url)], synchronizers: [streaming(secure.url)] }
  expect((await suite.tryClient(sources)).status).toBe(500)
})

test.each([
  ['the authority is configured', { skipVerifyPeer: false, customCAFile: certificatePath('ca.cert.pem') }],
  ['nobody is to look', { skipVerifyPeer: true, customCAFile: null }],
])('a certificate is believed where %s', async (_, tls) => {
  const suite = await startSuite()
  const origin = await startOrigin({ tls: certificate('leaf') })
  origin.stream.always(new LiveStream(script(fixed('a', 1))).answer)
  const client = await suite.client({ synchronizers: [streaming(origin.url)] }, { tls })
  expect(await client.command('evaluate', evaluate)).toEqual({ value: 1 })
})
