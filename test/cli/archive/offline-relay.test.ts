import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { serve } from '../../client/starting.ts'
import { silent } from '../../relay/starting.ts'
import { put } from '../../support/origin.ts'
import { startRelayCommand } from '../../support/relay-command.ts'
import { constant, USER } from '../../support/stored.ts'
import { archiving, KEYS, SPREE, service } from './archiving.ts'

it('S102: a relay without a service serves an exported archive, and then the next one', async () => {
  const { run, configure, path } = await archiving()
  const served = await serve({ flags: { a: constant('a', 1, 'one') } })
  const config = await configure(service(served.url), SPREE)
  const exported = () => run('export', '--out', path('flags.tar.gz'), '--config', config)
  expect(await exported()).toMatchObject({ status: 0 })
  const relay = await startRelayCommand(['--from-env'], {
    FILE_DATA_SOURCE: path('flags.tar.gz'),
    FILE_DATA_SOURCE_MONITORING_INTERVAL: '100ms',
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    BASE_URI: 'http://127.0.0.1:9',
    STREAM_URI: 'http://127.0.0.1:9',
  })
  const { url } = relay
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
  expect(await relay.stop()).toBe(0)
})
