import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { Item, Snapshot } from '../../../src/model/change-set.ts'
import { addressOf } from '../../../src/relay/addresses.ts'
import { ClientSide } from '../../../src/relay/client-side/client-side.ts'
import type { Memberships } from '../../../src/relay/client-side/evaluated-flags.ts'
import { EvaluationAnswer } from '../../../src/relay/client-side/evaluation-answer.ts'
import { EvaluationService } from '../../../src/relay/client-side/evaluation-service.ts'
import { Evaluations } from '../../../src/relay/client-side/evaluations.ts'
import type { SdkRequest } from '../../../src/relay/sdk-request.ts'
import { NO_SPAN } from '../../../src/relay/telemetry/tracing.ts'
import { TrafficCounter } from '../../../src/server/traffic.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { constant } from '../../support/stored.ts'
import { silent } from '../starting.ts'
import { base64 } from './starting.ts'

const item = (object: object): Item => ({ version: 1, key: '', ...object, object })

function snapshotOf(flags: readonly object[], segments: readonly object[] = []): Snapshot {
  const map = (objects: readonly object[]): ReadonlyMap<string, Item> =>
    new Map(objects.map(item).map((each) => [each.key, each]))
  return { flags: map(flags), segments: map(segments), selector: undefined }
}

interface Started {
  readonly shared: ClientSide
  readonly service: EvaluationService
  /** Returns the body for the context of a user. */
  readonly ask: (key: string, encoding?: string) => Promise<string>
}

interface Options {
  readonly memberships?: () => Memberships
  readonly maxUnreadBytes?: number
}

function startService(snapshot: () => Snapshot, { memberships, ...limits }: Options = {}): Started {
  const shared = new ClientSide({ maxClientBodyBytes: 1_000 }, { maxAnswerBytes: 1_000_000, ...limits })
  const settings = {
    clock: systemClock,
    heartbeatMs: 1,
    stallMs: 60_000,
    lifetimeMs: () => 1,
    closing: new AbortController().signal,
    onStall: () => {},
  }
  const evaluations = new Evaluations({
    config: () => ({ name: 'test', sdkKey: SDK_KEY }),
    clock: systemClock,
    logger: silent,
    closing: settings.closing,
    shared,
    snapshot,
    memberships: () => memberships?.(),
  })
  const service = new EvaluationService({ evaluations, traffic: new TrafficCounter(), settings, shared })
  const ask = async (key: string, encoding = 'identity'): Promise<string> => {
    const request = new IncomingMessage(new Socket())
    request.headers['accept-encoding'] = encoding
    const response = new ServerResponse(request)
    const body: Buffer[] = []
    vi.spyOn(response, 'write').mockImplementation((chunk: unknown) => {
      body.push(chunk as Buffer)
      return true
    })
    await service.answer(sdkRequest(request, response, pathOf(key)))
    return Buffer.concat(body).toString()
  }
  return { shared, service, ask }
}

const pathOf = (key: string): string => `/sdk/evalx/contexts/${base64({ kind: 'user', key })}`

function sdkRequest(request: IncomingMessage, response: ServerResponse, path: string): SdkRequest {
  const target = { path, query: 'withReasons=true' }
  const expired = new AbortController().signal
  const credential = { audience: 'server', value: SDK_KEY } as const
  const { audience } = credential
  return {
    request,
    response,
    target,
    address: addressOf(path),
    audience,
    credential,
    expired,
    span: NO_SPAN,
  }
}

it('(CS6.4) keeps the answers to 10,000 different contexts within the limit', async () => {
  const snapshot = snapshotOf([constant('a', 1, 'a'.repeat(1_000))])
  const { shared, ask } = startService(() => snapshot)
  for (let index = 0; index < 10_000; index++) await ask(`u-${index}`)
  expect(shared.answers.bytes).toBeGreaterThan(900_000)
  expect(shared.answers.bytes).toBeLessThanOrEqual(1_000_000)
})

it('(CS6.3) evaluates once for the same context and data', async () => {
  const flag = constant('a', 1, 'a')
  let snapshot = snapshotOf([flag])
  const { ask } = startService(() => snapshot)
  const first = await ask('u-1')
  const read = vi.spyOn(JSON, 'parse')
  expect(await ask('u-1')).toBe(first)
  expect(read).not.toHaveBeenCalled()
  read.mockRestore()
  snapshot = snapshotOf([constant('a', 2, 'b')])
  expect(await ask('u-1')).toContain('"b"')
})

it('(CS3.5, CS6.3, CS6.6) queries missing memberships, and does not keep an answer that depends on one', async () => {
  const rules = [{ variation: 1, clauses: [{ op: 'segmentMatch', values: ['big'] }] }]
  const flags = [constant('a', 1, false, { rules, variations: [false, true] })]
  const segment = { key: 'big', version: 1, unbounded: true, generation: 1 }
  const snapshot = snapshotOf(flags, [segment])
  const members = new Set<string>()
  const queried: string[] = []
  const memberships = (): Memberships => {
    const known = new Map<string, ReadonlyMap<string, boolean>>()
    return {
      membership(key) {
        const references = known.get(key)
        return references && { references, status: 'HEALTHY' }
      },
      async query(key) {
        queried.push(key)
        known.set(key, new Map([['big.g1', members.has(key)]]))
      },
    }
  }
  const { ask, shared } = startService(() => snapshot, { memberships })
  const value = async (): Promise<unknown> => JSON.parse(await ask('u-1')).a
  expect(await value()).toMatchObject({ value: false, reason: { bigSegmentsStatus: 'HEALTHY' } })
  members.add('u-1')
  expect(await value()).toMatchObject({ value: true })
  expect(queried).toEqual(['u-1', 'u-1'])
  // Requests at the same time share an evaluation.
  expect(await Promise.all([value(), value(), value()])).toHaveLength(3)
  expect(queried).toHaveLength(3)
  expect(shared.answers.bytes).toBe(0)
})

it('(CS3.7) evaluates for at most 256 contexts of an environment at the same time', async () => {
  const rules = [{ variation: 0, clauses: [{ op: 'segmentMatch', values: ['big'] }] }]
  const segment = { key: 'big', version: 1, unbounded: true, generation: 1 }
  const snapshot = snapshotOf([constant('a', 1, 'a', { rules })], [segment])
  const waiting: (() => void)[] = []
  const memberships = (): Memberships => {
    let isKnown = false
    return {
      membership: () => (isKnown ? { references: new Map(), status: 'HEALTHY' } : undefined),
      query: () =>
        new Promise((resolve) => {
          isKnown = true
          waiting.push(resolve)
        }),
    }
  }
  const { ask } = startService(() => snapshot, { memberships })
  const answers = Array.from({ length: 300 }, (_, index) => ask(`u-${index}`))
  await new Promise((resolve) => setImmediate(resolve))
  expect(waiting).toHaveLength(256)
  for (let index = 0; index < 300; index++) {
    await expect.poll(() => waiting.length).toBeGreaterThan(index)
    waiting[index]?.()
  }
  expect((await Promise.all(answers)).every((body) => body.includes('HEALTHY'))).toBe(true)
})

it('(CS3.7) compresses new answers for at most 256 contexts at the same time', async () => {
  const snapshot = snapshotOf([constant('a', 1, 'a'.repeat(2_000))])
  const { ask } = startService(() => snapshot)
  const begun = new Set<EvaluationAnswer>()
  let [running, most] = [0, 0]
  const original = Reflect.get(EvaluationAnswer.prototype, 'gzipped')
  const spy = vi.spyOn(EvaluationAnswer.prototype, 'gzipped').mockImplementation(async function (
    this: EvaluationAnswer,
  ) {
    if (begun.has(this)) return original.call(this)
    begun.add(this)
    running++
    most = Math.max(most, running)
    const bytes = await original.call(this)
    running--
    return bytes
  })
  onTestFinished(() => spy.mockRestore())
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(`u-${index}`, 'gzip')))
  expect(answers.every((body) => body.length > 0)).toBe(true)
  expect([most > 1, most <= 256]).toEqual([true, true])
})

it('(CS6.5) answers 503 while too many bytes wait for clients that do not read', async () => {
  const snapshot = snapshotOf([constant('a', 1, 'a'.repeat(20_000_000))])
  const { service, shared } = startService(() => snapshot, { maxUnreadBytes: 1_000_000 })
  const http = createServer((request, response) => {
    service.answer(sdkRequest(request, response, request.url ?? '')).catch(() => response.destroy())
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => void http.close())
  const { port } = http.address() as AddressInfo
  const status = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${port}${pathOf('u-1')}`)
    await response.body?.cancel()
    return response.status
  }
  const slow = connect(port, '127.0.0.1')
  slow.pause()
  slow.write(`GET ${pathOf('u-2')} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await expect.poll(() => shared.unread.isSpent).toBe(true)
  expect(await status()).toBe(503)
  slow.destroy()
  await expect.poll(() => shared.unread.isSpent).toBe(false)
  expect(await status()).toBe(200)
})
