import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { PersistentStore } from '../../src/model/persistent-store.ts'
import { monitored } from '../../src/store/monitored.ts'
import { StoreMonitor } from '../../src/store/store-monitor.ts'
import { describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { awsError, startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { full, never, row } from '../support/store-writes.ts'
import { open as openConsul } from './consul/opened.ts'
import { passTo, startScripted } from './consul/scripted-agent.ts'
import { opened as openDynamodb, TABLE } from './dynamodb/opened.ts'
import { newFolder, opened as openFile } from './file/opened.ts'
import { openRedis } from './redis/opened.ts'

interface Refusal {
  readonly store: PersistentStore
  /** Make the database refuse, and permit again. */
  readonly refuse: () => unknown
  readonly permit: () => unknown
  readonly reason: RegExp
}

/** Refuses 20 reads and 20 writes, permits them, and refuses them again; expects one log line for each change. */
async function expectOneLineEach({ store, refuse, permit, reason }: Refusal): Promise<void> {
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const logger = { debug: write, info: write, warn: write, error: write }
  const watched = monitored(store, new StoreMonitor(store.name, 'writer', { clock: systemClock, logger }))
  await watched.write(full(row('a', 1)), never)
  const callAll = async (): Promise<void> => {
    for (let count = 0; count < 20; count++) {
      await watched.get('flag', `flag-${count}`, never).catch(() => undefined)
      await watched.write(full(row(`flag-${count}`, count + 1)), never).catch(() => undefined)
    }
  }
  for (let round = 0; round < 2; round++) {
    await refuse()
    await callAll()
    expect(log.splice(0)).toEqual([expect.stringMatching(reason)])
    await permit()
    await callAll()
    expect(log.splice(0)).toEqual([expect.stringContaining('answers again')])
  }
}

describeWithRedis('a Redis that refuses is logged once', () => {
  it.each([
    ['READONLY', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], /READONLY/],
    ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], /OOM/],
    [
      'NOREPLICAS',
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
      /NOREPLICAS/,
    ],
  ] as const)('(S184) %s', async (_name, refuse, permit, reason) => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const call = (words: readonly [string, ...string[]]): Promise<unknown> =>
      server.as((client) => client.call(...words))
    const { store } = openRedis({ url: server.url, prefix: 'p' })
    await expectOneLineEach({ store, refuse: () => call(refuse), permit: () => call(permit), reason })
  })
})

describeWithConsul('a Consul that refuses is logged once', () => {
  it('(S184) if it answers 403 with a text that contains the key', async () => {
    const agent = await startConsulAgent()
    onTestFinished(() => agent.stop())
    const scripted = await startScripted(passTo(agent.url))
    const { store } = openConsul({ url: scripted.url, prefix: 'p' })
    const denied = ({ body }: { readonly body: string }) =>
      ({ status: 403, body: `lacks permission 'key:read' on ${body}` }) as const
    await expectOneLineEach({
      store,
      refuse: () => scripted.become(denied),
      permit: () => scripted.become(passTo(agent.url)),
      reason: /403: lacks permission.*check the token/,
    })
  })
})

it('(S184) a DynamoDB that denies access is logged once', async () => {
  const database = await startDynalite()
  onTestFinished(() => database.close())
  await database.createTable(TABLE)
  const words = 'User: arn:aws:iam::1:user/x is not authorized'
  await expectOneLineEach({
    store: openDynamodb(database, { prefix: 'p' }).store,
    refuse: () => database.script(() => awsError('AccessDeniedException', words)),
    permit: () => database.script(),
    reason: /AccessDeniedException.*grant GetItem/,
  })
})

it('(S184) a DynamoDB that throttles writes only is logged once', async () => {
  const database = await startDynalite()
  onTestFinished(() => database.close())
  await database.createTable(TABLE)
  const isWrite = /^(BatchWrite|Put|Update|Delete)Item$/
  await expectOneLineEach({
    store: openDynamodb(database, { prefix: 'p' }).store,
    refuse: () =>
      database.script(({ name }) => (isWrite.test(name) ? awsError('ThrottlingException') : undefined)),
    permit: () => database.script(),
    reason: /ThrottlingException/,
  })
})

it('(S184) a file that cannot be written is logged once', async () => {
  const folder = await newFolder()
  const path = join(folder, 'flags')
  const { store } = openFile(path)
  await expectOneLineEach({
    store,
    refuse: () => rename(folder, `${folder}-elsewhere`),
    permit: () => rename(`${folder}-elsewhere`, folder),
    reason: /its folder does not exist/,
  })
})
