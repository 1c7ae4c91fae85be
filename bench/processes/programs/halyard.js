import { done } from './done.js'

const begun = performance.now()
const { createClient, presets } = await import('halyard')
const importMs = performance.now() - begun
const url = process.env.BENCH_URL
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const client = createClient('sdk-key', {
  dataSystem: presets.default(),
  endpoints: { polling: url, streaming: url, events: url },
  sendEvents: false,
  logger,
})
await client.waitForInitialization({ timeout: 60 })
done(await client.variation(process.env.BENCH_FLAG, { kind: 'user', key: 'bench' }, 'absent'), { importMs })
