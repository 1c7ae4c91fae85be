import { request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { startAutoConfigService } from '../../src/testing/index.ts'

const A = { id: 'env-a', sdkKey: 'sdk-a' }
const STREAM = '/relay_auto_config?rpacProtocolVersion=2'

/** Opens the stream. Returns a function that resolves with the next event. */
async function open(url: string, authorization: string) {
  const response = await fetch(url + STREAM, { headers: { authorization } })
  const reader = response.body?.getReader()
  onTestFinished(() => reader?.cancel().catch(() => {}))
  return async (): Promise<{ readonly event: string; readonly data: unknown }> => {
    const { value } = (await reader?.read()) ?? {}
    const [, event = '', data = 'null'] =
      /^event: (.*)\ndata: (.*)\n\n$/.exec(new TextDecoder().decode(value)) ?? []
    return { event, data: JSON.parse(data) }
  }
}

it('sends all environments first, and then each change with a growing version', async () => {
  await using service = await startAutoConfigService({ environments: [A] })
  const next = await open(service.url, service.key)
  expect(await next()).toMatchObject({
    event: 'put',
    data: {
      path: '/',
      data: { environments: { 'env-a': { envID: 'env-a', sdkKey: { value: 'sdk-a' }, version: 1 } } },
    },
  })
  service.patch({ ...A, name: 'A' })
  expect(await next()).toMatchObject({
    event: 'patch',
    data: { path: '/environments/env-a', data: { envName: 'A', version: 2 } },
  })
  service.rotate('env-a', 'sdk-b', 5_000)
  expect(await next()).toMatchObject({
    data: {
      data: { sdkKey: { value: 'sdk-b', expiring: { value: 'sdk-a', timestamp: 5_000 } }, version: 3 },
    },
  })
  service.delete('env-a')
  expect(await next()).toEqual({ event: 'delete', data: { path: '/environments/env-a', version: 4 } })
  service.put(A)
  expect(await next()).toMatchObject({
    event: 'put',
    data: { data: { environments: { 'env-a': { version: 5 } } } },
  })
  service.reconnect()
  expect((await next()).event).toBe('reconnect')
  expect(service.open).toBe(1)
})

it('refuses another key with 401, answers failures, and passes other requests on', async () => {
  await using service = await startAutoConfigService({
    otherwise: (_, response) => response.writeHead(204).end(),
  })
  const statusOf = async (path: string, key: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(service.url + path, { headers: { authorization: key } }, (response) => {
        resolve(response.statusCode)
        response.destroy()
      })
      sent.on('error', reject).end()
    })
  expect(await statusOf(STREAM, 'rel-other')).toBe(401)
  expect(await statusOf('/all', 'sdk-a')).toBe(204)
  service.fail(503)
  expect(await statusOf(STREAM, service.key)).toBe(503)
  service.fail(200)
  expect(await statusOf(STREAM, service.key)).toBe(200)
  expect(service.requests.map(({ authorization }) => authorization)).toEqual([
    'rel-other',
    service.key,
    service.key,
  ])
})

it('refuses to change an environment that it does not have', async () => {
  await using service = await startAutoConfigService()
  expect(() => service.delete('env-a')).toThrow('the service has no environment env-a')
})
