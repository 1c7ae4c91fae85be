import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { Item, Snapshot } from '../../../src/model/change-set.ts'
import { addressOf } from '../../../src/relay/addresses.ts'
import { ClientSide } from '../../../src/relay/client-side/client-side.ts'
import type { Memberships } from '../../../src/relay/client-side/evaluated-flags.ts'
import { EvaluationService } from '../../../src/relay/client-side/evaluation-service.ts'
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
  /** Returns the body for the context of a user. */
  readonly ask: (key: string) => Promise<string>
}

function startService(
  snapshot: () => Snapshot,
  memberships: () => Memberships | undefined = () => undefined,
): Started {
  const shared = new ClientSide({ maxClientBodyBytes: 1_000 }, { maxAnswerBytes: 1_000_000 })
  const closing = new AbortController().signal
  const settings = {
    clock: systemClock,
    heartbeatMs: 1,
    stallMs: 1_000,
    lifetimeMs: () => 1,
    closing,
    onStall: () => {},
  }
  const config = { name: 'test', sdkKey: SDK_KEY }
  const service = new EvaluationService({
    config: () => config,
    clock: systemClock,
    logger: silent,
    traffic: new TrafficCounter(),
    settings,
    shared,
    snapshot,
    memberships,
  })
  const ask = async (key: string): Promise<string> => {
    const request = new IncomingMessage(new Socket())
    const response = new ServerResponse(request)
    const body: Buffer[] = []
    vi.spyOn(response, 'write').mockImplementation((chunk: unknown) => {
      body.push(chunk as Buffer)
      return true
    })
    const path = `/sdk/evalx/contexts/${base64({ kind: 'user', key })}`
    const target = { path, query: 'withReasons=true' }
    const expired = new AbortController().signal
    await service.answer({
      request,
      response,
      target,
      address: addressOf(path),
      audience: 'server',
      expired,
    })
    return Buffer.concat(body).toString()
  }
  return { shared, ask }
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

it('(CS3.5, CS6.5) queries missing memberships, and does not keep an answer that depends on one', async () => {
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
  const { ask, shared } = startService(() => snapshot, memberships)
  const value = async (): Promise<unknown> => JSON.parse(await ask('u-1')).a
  expect(await value()).toMatchObject({ value: false, reason: { bigSegmentsStatus: 'HEALTHY' } })
  members.add('u-1')
  expect(await value()).toMatchObject({ value: true })
  expect(queried).toEqual(['u-1', 'u-1'])
  expect(shared.answers.bytes).toBe(0)
})
