import { describe, expect, test } from 'vitest'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { RemoteClient, script, startSuite, streaming } from './suite.ts'

test('returns its description and capabilities', async () => {
  const suite = await startSuite()
  const response = await suite.ask('GET', '/')
  expect(response.status).toBe(200)
  const { name, clientVersion, capabilities } = (await response.json()) as Record<string, unknown>
  expect({ name, clientVersion }).toEqual({ name: 'halyard', clientVersion: expect.stringMatching(/^\d/) })
  expect(capabilities).toEqual(expect.arrayContaining(['server-side', 'fdv1-fallback']))
})

test('ends on request, with its clients', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script()).answer)
  await suite.client({ synchronizers: [streaming(origin.url)] })
  expect((await suite.ask('DELETE', '/')).ok).toBe(true)
  await origin.until(() => origin.connections === 0, 'no connection')
  await expect(suite.ask('GET', '/')).rejects.toThrow()
})

describe('answers 400 to', () => {
  const polling = { baseUri: 'http://127.0.0.1' }
  const sample = { streaming: polling, polling }
  const cases: readonly (readonly [what: string, body: unknown])[] = [
    ['no JSON', '{"configuration": '],
    ['no object', '7'],
    ['no configuration', {}],
    ['no credential', { configuration: {} }],
    ['a word for a number', { configuration: { credential: 'k', startWaitTimeMs: 'long' } }],
    ['nothing about its data', { configuration: { credential: 'k' } }],
    [
      'the default of client-side SDKs',
      { configuration: { credential: 'k', dataSystem: { useDefaultDataSystem: true } } },
    ],
    ['two sources in one', { configuration: { credential: 'k', dataSystem: { synchronizers: [sample] } } }],
  ]
  test.each(cases)('a client made of %s', async (_, body) => {
    const suite = await startSuite()
    const response = await suite.ask('POST', '/', body)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('cannot be understood')
  })

  const commands: readonly (readonly [what: string, body: unknown])[] = [
    ['no JSON', '{'],
    ['no name', {}],
    ['a name nobody knows', { command: 'makeTea' }],
    ['a name without its parameters', { command: 'evaluate', evaluate: null }],
    ['parameters for nobody', { command: 'evaluateAll', evaluateAll: { context: null } }],
  ]
  test.each(commands)('a command of %s', async (_, body) => {
    const suite = await startSuite()
    const { location } = await suite.client({})
    expect((await suite.ask('POST', location, body)).status).toBe(400)
  })
})

test('answers 404 to an unknown client and to an unknown path', async () => {
  const suite = await startSuite()
  expect((await suite.ask('POST', '/clients/7', { command: 'evaluate' })).status).toBe(404)
  expect((await suite.ask('DELETE', '/clients/7')).status).toBe(404)
  expect((await suite.ask('GET', '/tea')).status).toBe(404)
  expect((await suite.ask('PUT', '/')).status).toBe(405)
})

test('answers for a closed client, because the suite may send late commands', async () => {
  const suite = await startSuite()
  const client = await suite.client({})
  await client.close()
  const evaluate = { flagKey: 'a', context: { kind: 'user', key: 'u' }, valueType: 'any', defaultValue: 1 }
  expect(await new RemoteClient(suite, client.location).command('evaluate', evaluate)).toEqual({ value: 1 })
})
