import { expect, test } from 'vitest'
import { LiveStream, startOrigin } from '../support/origin.ts'
import {
  type Callbacks,
  fixed,
  type RemoteClient,
  type Scripted,
  script,
  startCallbacks,
  startSuite,
  streaming,
  update,
} from './suite.ts'

const user = { kind: 'user', key: 'u' }

interface Scene {
  readonly client: RemoteClient
  readonly stream: LiveStream
  readonly callbacks: Callbacks
}

interface HookScript {
  readonly name: string
  readonly data?: object
  readonly errors?: object
}

async function startScene(objects: readonly Scripted[], hooks: readonly HookScript[] = []): Promise<Scene> {
  const suite = await startSuite()
  const origin = await startOrigin()
  const callbacks = await startCallbacks()
  const stream = new LiveStream(script(...objects))
  origin.stream.always(stream.answer)
  const client = await suite.client(
    { synchronizers: [streaming(origin.url)] },
    {
      hooks: {
        hooks: hooks.map(({ name, data = null, errors = null }) => ({
          name,
          callbackUri: `${callbacks.url}/${name}`,
          data,
          errors,
        })),
      },
    },
  )
  return { client, stream, callbacks }
}

const evaluate = {
  flagKey: 'a',
  context: user,
  user: null,
  valueType: 'string',
  defaultValue: 'd',
  detail: false,
}

const stages = ({ seen }: Callbacks): readonly string[] =>
  seen.map(({ path, content }) => `${path} ${content.stage as string}`)

test('reports the stages of hooks in order, one at a time, before the answer to the command', async () => {
  const { client, callbacks } = await startScene([fixed('a', 'x')], [{ name: 'one' }, { name: 'two' }])
  await client.command('evaluate', evaluate)
  expect(stages(callbacks)).toEqual([
    '/one beforeEvaluation',
    '/two beforeEvaluation',
    '/two afterEvaluation',
    '/one afterEvaluation',
  ])
  expect(callbacks.mostAtOnce).toBe(1)
})

test('reports the evaluation of a hook and its result', async () => {
  const { client, callbacks } = await startScene([fixed('a', 'x')], [{ name: 'one' }])
  await client.command('evaluate', { ...evaluate, detail: true })
  const evaluationSeriesContext = {
    flagKey: 'a',
    context: user,
    defaultValue: 'd',
    method: expect.stringContaining('stringVariationDetail'),
  }
  expect(callbacks.seen.map(({ content }) => content)).toEqual([
    { stage: 'beforeEvaluation', evaluationSeriesContext, evaluationSeriesData: {} },
    {
      stage: 'afterEvaluation',
      evaluationSeriesContext,
      evaluationSeriesData: {},
      evaluationDetail: { value: 'x', variationIndex: 0, reason: { kind: 'OFF' } },
    },
  ])
})

test('passes data that a hook added before the evaluation to its later stage', async () => {
  const data = { beforeEvaluation: { mark: [1] }, afterEvaluation: { late: true } }
  const { client, callbacks } = await startScene([fixed('a', 'x')], [{ name: 'one', data }])
  await client.command('evaluate', evaluate)
  expect(callbacks.seen.map(({ content }) => content.evaluationSeriesData)).toEqual([{}, { mark: [1] }])
})

test('drops the data of a hook that throws, without other effects', async () => {
  const failing = { errors: { beforeEvaluation: 'rotten' }, data: { beforeEvaluation: { mark: 1 } } }
  const { client, callbacks } = await startScene(
    [fixed('a', 'x')],
    [{ name: 'one', ...failing }, { name: 'two' }],
  )
  expect(await client.command('evaluate', evaluate)).toEqual({ value: 'x' })
  expect(stages(callbacks)).toEqual(['/two beforeEvaluation', '/two afterEvaluation', '/one afterEvaluation'])
  expect(callbacks.seen.at(-1)?.content.evaluationSeriesData).toEqual({})
})

test('reports the stage afterTrack of hooks in order, but not of one that throws', async () => {
  const failing = { name: 'two', errors: { afterTrack: 'rotten' } }
  const { client, callbacks } = await startScene([], [{ name: 'one' }, failing, { name: 'three' }])
  const customEvent = {
    eventKey: 'paid',
    context: user,
    data: { items: 3 },
    omitNullData: false,
    metricValue: 2,
  }
  await client.command('customEvent', customEvent)
  const trackSeriesContext = { key: 'paid', context: user, data: { items: 3 }, metricValue: 2 }
  expect(callbacks.seen).toEqual([
    { path: '/one', content: { stage: 'afterTrack', trackSeriesContext } },
    { path: '/three', content: { stage: 'afterTrack', trackSeriesContext } },
  ])
})

test('notifies a listener of every changed flag, or of the flag that it named', async () => {
  const { client, stream, callbacks } = await startScene([fixed('a', 1), fixed('b', 1)])
  const listener = (listenerId: string, flagKey: string | null): Promise<unknown> =>
    client.command('registerFlagChangeListener', {
      listenerId,
      callbackUri: `${callbacks.url}/${listenerId}`,
      flagKey,
    })
  await listener('any', null)
  await listener('only-b', 'b')
  stream.send(update('2', fixed('a', 2, { version: 101 })))
  stream.send(update('3', fixed('b', 2, { version: 101 })))
  await callbacks.arrived(3)
  expect(callbacks.seen.map(({ path, content }) => [path, content])).toEqual([
    ['/any', { listenerId: 'any', flagKey: 'a' }],
    ['/any', { listenerId: 'any', flagKey: 'b' }],
    ['/only-b', { listenerId: 'only-b', flagKey: 'b' }],
  ])
})

test('notifies a value listener of old and new value, only if they differ', async () => {
  const { client, stream, callbacks } = await startScene([fixed('a', 1), fixed('b', 1)])
  for (const flagKey of ['a', 'b']) {
    await client.command('registerFlagValueChangeListener', {
      listenerId: `of-${flagKey}`,
      callbackUri: callbacks.url,
      flagKey,
      context: user,
      defaultValue: 0,
    })
  }
  stream.send(update('2', fixed('a', 1, { version: 101 })))
  stream.send(update('3', fixed('b', 2, { version: 101 })))
  await callbacks.arrived(1)
  expect(callbacks.seen.map(({ content }) => content)).toEqual([
    { listenerId: 'of-b', flagKey: 'b', oldValue: 1, newValue: 2 },
  ])
})

test('does not notify a removed listener', async () => {
  const { client, stream, callbacks } = await startScene([fixed('a', 1)])
  for (const listenerId of ['first', 'second']) {
    await client.command('registerFlagChangeListener', { listenerId, callbackUri: callbacks.url })
  }
  expect(await client.command('unregisterListener', { listenerId: 'first' })).toBeUndefined()
  stream.send(update('2', fixed('a', 2, { version: 101 })))
  await callbacks.arrived(1)
  expect(callbacks.seen.map(({ content }) => content.listenerId)).toEqual(['second'])
})

test('replaces a listener that is registered again', async () => {
  const { client, stream, callbacks } = await startScene([fixed('a', 1)])
  for (const place of ['old', 'new']) {
    const callbackUri = `${callbacks.url}/${place}`
    await client.command('registerFlagChangeListener', { listenerId: 'one', callbackUri })
  }
  stream.send(update('2', fixed('a', 2, { version: 101 })))
  await callbacks.arrived(1)
  expect(callbacks.seen.map(({ path }) => path)).toEqual(['/new'])
})

test('answers a command although its callback cannot be delivered', async () => {
  const suite = await startSuite()
  const client = await suite.client(
    {},
    { hooks: { hooks: [{ name: 'one', callbackUri: 'http://127.0.0.1:1/', data: null, errors: null }] } },
  )
  expect(await client.command('evaluate', evaluate)).toEqual({ value: 'd' })
  expect(suite.log.filter((line) => line.includes('callback http://127.0.0.1:1/ failed'))).toHaveLength(2)
})
