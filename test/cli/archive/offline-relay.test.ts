import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../client/starting.ts'
import { silent } from '../../relay/starting.ts'
import { put } from '../../support/origin.ts'
import { constant, USER } from '../../support/stored.ts'
import { archiving, KEYS, SPREE, service } from './archiving.ts'

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts')

/** Runs `halyard relay` until the test is over; resolves with its address once it says it. */
async function relaying(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [MAIN, 'relay', '--from-env'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  for await (const chunk of child.stdout) {
    said += String(chunk)
    const [, count, url] = /Serving (\d+) environments? on (\S+)/.exec(said) ?? []
    if (url === undefined) continue
    expect(count).toBe('1')
    return { url, child }
  }
  throw new Error(`the relay ended: ${said}`)
}

it('S102: what was exported is served by a relay without any service, and so is the next export', async () => {
  const { run, configure, path } = await archiving()
  const served = await serve({ flags: { a: constant('a', 1, 'one') } })
  const config = await configure(service(served.url), SPREE)
  const exported = () => run('export', '--out', path('flags.tar.gz'), '--config', config)
  expect(await exported()).toMatchObject({ status: 0 })
  const { url, child } = await relaying({
    FILE_DATA_SOURCE: path('flags.tar.gz'),
    FILE_DATA_SOURCE_MONITORING_INTERVAL: '100ms',
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    BASE_URI: 'http://127.0.0.1:9',
    STREAM_URI: 'http://127.0.0.1:9',
  })
  const client = init(KEYS.spree, {
    baseUri: url,
    streamUri: url,
    sendEvents: false,
    logger: silent,
    dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  expect(await client.variation('a', USER, 'fallback')).toBe('one')
  served.change(put('a', 2, constant('a', 2, 'two')))
  expect(await exported()).toMatchObject({ status: 0 })
  await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
