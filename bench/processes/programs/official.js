import { done } from './done.js'

const begun = performance.now()
const { init } = await import('@launchdarkly/node-server-sdk')
const importMs = performance.now() - begun
const url = process.env.BENCH_URL
const logger = { debug() {}, info() {}, warn() {}, error() {} }
// Without this option the SDK uses FDv1, as most of its users do.
const dataSystem =
  process.env.BENCH_PROTOCOL === 'FDv1' ? undefined : { dataSource: { dataSourceOptionsType: 'standard' } }
const client = init('sdk-key', {
  baseUri: url,
  streamUri: url,
  eventsUri: url,
  sendEvents: false,
  diagnosticOptOut: true,
  logger,
  ...(dataSystem && { dataSystem }),
})
await client.waitForInitialization({ timeout: 60 })
done(await client.variation(process.env.BENCH_FLAG, { kind: 'user', key: 'bench' }, 'absent'), { importMs })
