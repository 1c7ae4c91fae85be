import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { notes } from '../../client/starting.ts'
import { at, DEFAULTS, NOWHERE, start, upstream } from '../starting.ts'
import { ENV_ID, ENVIRONMENT } from './starting.ts'

const GOALS = '[{"key":"bought"}]'
const PATH = `/sdk/goals/${ENV_ID}`

interface Service {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  respond: (request: IncomingMessage, response: ServerResponse) => void
}

/** Starts a service of goals, whose answer a test may replace. */
async function startService(headers: Record<string, string> = {}): Promise<Service> {
  const requests: IncomingMessage[] = []
  const http = createServer((request, response) => {
    requests.push(request)
    service.respond(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  const service: Service = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests,
    respond: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(GOALS)
    },
  }
  return service
}

function startRelay({ url }: Service, logger = notes().logger): Promise<RelayServer> {
  return start(
    { endpoints: NOWHERE, clientSideUrl: url, environments: [ENVIRONMENT], initTimeoutMs: 1 },
    { logger },
  )
}

async function ask(
  { url }: RelayServer,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const response = await fetch(url + PATH, { headers: { origin: 'https://shop.example', ...headers } })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

it('(CS24.1, CS24.6) passes the goals on with the CORS headers of the relay', async () => {
  const service = await startService({
    'access-control-allow-origin': 'https://service.example',
    'set-cookie': 'a=b',
  })
  const answer = await ask(await startRelay(service))
  expect([answer.status, answer.text]).toEqual([200, GOALS])
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(service.requests.map(({ url }) => url)).toEqual([PATH])
  expect(service.requests[0]?.headers.authorization).toBeUndefined()
})

it('(CS24.1) asks below baseUri if that is set', async () => {
  const service = await startService()
  const relay = await start({
    endpoints: { ...at(await upstream('one')), polling: service.url },
    environments: [ENVIRONMENT],
  })
  expect((await ask(relay)).text).toBe(GOALS)
})

it('(CS24.2) serves one answer to all for its max-age', async () => {
  const service = await startService({ 'cache-control': 'public, max-age=60' })
  const relay = await startRelay(service)
  const answers = [await ask(relay), await ask(relay), await ask(relay)]
  expect(answers.map(({ text }) => text)).toEqual([GOALS, GOALS, GOALS])
  expect(answers[2]?.headers.get('cache-control')).toMatch(/^max-age=(59|60)$/)
  expect(service.requests).toHaveLength(1)
})

it('(CS24.2) lets the service confirm an answer by its entity tag', async () => {
  const service = await startService({ 'cache-control': 'no-cache', etag: '"one"' })
  const relay = await startRelay(service)
  const first = await ask(relay)
  service.respond = (_, response) => void response.writeHead(304).end()
  expect((await ask(relay)).text).toBe(GOALS)
  expect(service.requests[1]?.headers['if-none-match']).toBe('"one"')
  const again = await ask(relay, { 'if-none-match': first.headers.get('etag') ?? '' })
  expect([again.status, again.text]).toEqual([304, ''])
})

it('(CS24.2) does not store an answer that it may not store', async () => {
  const service = await startService({ 'cache-control': 'private, max-age=60', etag: '"one"' })
  const relay = await startRelay(service)
  await ask(relay)
  await ask(relay)
  expect(service.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, undefined])
})

it('(CS24.3) asks once for concurrent requests', async () => {
  const service = await startService()
  const { respond } = service
  const relay = await startRelay(service)
  let open = 0
  const opened: number[] = []
  service.respond = (request, response) => {
    open++
    opened.push(open)
    setTimeout(() => {
      open--
      respond(request, response)
    }, 20)
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(relay)))
  expect(Math.max(...opened)).toBe(1)
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([GOALS]))
})

it('(CS24.1) asks for the new client-side ID after a reload', async () => {
  const service = await startService({ 'cache-control': 'max-age=60' })
  const relay = await startRelay(service)
  await ask(relay)
  const config = { ...DEFAULTS, endpoints: NOWHERE, clientSideUrl: service.url }
  await relay.reload({ ...config, environments: [{ ...ENVIRONMENT, envId: 'other' }] })
  const response = await fetch(`${relay.url}/sdk/goals/other`)
  expect(await response.text()).toBe(GOALS)
  expect(service.requests.map(({ url }) => url)).toEqual([PATH, '/sdk/goals/other'])
})

it('(CS24.4) passes a refusal on', async () => {
  const service = await startService()
  service.respond = (_, response) => void response.writeHead(404).end()
  const { status, headers } = await ask(await startRelay(service))
  expect([status, headers.get('access-control-allow-origin')]).toEqual([404, 'https://shop.example'])
})

it.each<[string, (response: ServerResponse) => void]>([
  ['a status 500', (response) => void response.writeHead(500).end()],
  ['a broken connection', (response) => void response.destroy()],
  ['a page of a proxy', (response) => void response.writeHead(200).end('<html>')],
  ['a redirect', (response) => void response.writeHead(302, { location: '/' }).end()],
  ['more than 1 MiB', (response) => void response.writeHead(200).end(`"${'x'.repeat(2 ** 20)}"`)],
])('(CS24.5) after %s, the answer is 502 or the last goals', async (_, fail) => {
  const service = await startService({ 'cache-control': 'max-age=0' })
  const failing = await startService()
  failing.respond = (__, response) => fail(response)
  const { log, logger } = notes()
  const relay = await startRelay(service)
  expect((await ask(relay)).status).toBe(200)
  service.respond = failing.respond
  const answer = await ask(relay)
  expect([answer.status, answer.text]).toEqual([200, GOALS])

  const empty = await startRelay(failing, logger)
  const refused = await ask(empty)
  expect(refused.status).toBe(502)
  expect(JSON.parse(refused.text)).toEqual({ message: expect.any(String) })
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  await ask(empty)
  expect(failing.requests).toHaveLength(1)
  const warnings = log.filter((line) => line.includes('goals:'))
  expect(warnings).toEqual([
    expect.stringMatching(/^warn: .*goals: the request to http.* failed: .+; browsers receive 502$/),
  ])
})

it('(CS24.5) closing the relay ends a request that the service does not answer', async () => {
  const service = await startService()
  service.respond = () => {}
  const { log, logger } = notes()
  const relay = await startRelay(service, logger)
  const answer = ask(relay)
  await expect.poll(() => service.requests.length).toBe(1)
  await relay.close()
  expect((await answer).status).toBe(503)
  expect(log.filter((line) => line.includes('goals:'))).toEqual([])
})
