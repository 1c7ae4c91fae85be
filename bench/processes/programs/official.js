import { done } from './done.js'

const begun = performance.now()
const { init } = await import('@launchdarkly/node-server-sdk')
const importMs = performance.now() - begun
const url = process.env.BENCH_URL
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const client = init('sdk-key', {
  baseUri: url,
  streamUri: url,
  eventsUri: url,
  sendEvents: false,
  diagnosticOptOut: true,
  logger,
  dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
})
await client.waitForInitialization({ timeout: 60 })
done(await client.variation(process.env.BENCH_FLAG, { kind: 'user', key: 'bench' }, 'absent'), { importMs })
