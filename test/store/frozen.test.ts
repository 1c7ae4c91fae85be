import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { child } from '../support/child.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { never } from '../support/store-writes.ts'
import { newFolder } from './file/opened.ts'
import { flag, full } from './file/writes.ts'

const eventually = (holds: () => unknown): Promise<unknown> =>
  vi.waitFor(async () => expect(await holds()).toBe(true), { timeout: 120_000, interval: 100 })

describeWithRedis('feeds of a suspended process', () => {
  it('(S152) ping Redis and check the file as soon as the process resumes', { timeout: 90_000 }, async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const path = join(await newFolder(), 'flags')
    const logger = { debug() {}, info() {}, warn() {}, error() {} }
    const { store } = fileStore(path, { saveEveryMs: 0 }).open({
      clock: systemClock,
      random: Math.random,
      logger,
    })
    onTestFinished(() => store.close())
    await store.write(full(1, flag('a')), never)
    const frozen = child(new URL('frozen-process.ts', import.meta.url).pathname, server.url, path)
    let printed = ''
    frozen.stdout?.on('data', (bytes) => {
      printed += String(bytes)
    })
    const lines = (): readonly string[] => printed.trim().split('\n').sort()
    const pings = (): Promise<number> =>
      server.as(async (client) =>
        Number(/cmdstat_ping:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0),
      )
    await eventually(() => lines().join() === 'file replaced,redis replaced')
    const before = await pings()

    frozen.kill('SIGSTOP')
    await store.write(full(2, flag('a', 2)), never)
    await pause(3_500)
    frozen.kill('SIGCONT')
    await eventually(() => lines().join() === 'file replaced,file replaced,redis replaced')
    await eventually(async () => (await pings()) > before)
  })
})
