// Writes dist/flags.snapshot, for the package of the function. Run it in the build, with the SDK key of the function.
import { mkdirSync } from 'node:fs'
import { createClient, fileStore, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

mkdirSync('dist', { recursive: true })
const client = createClient(SDK_KEY, {
  dataSystem: { ...presets.pollingOnly(), store: fileStore('dist/flags.snapshot') },
  endpoints: { polling: FLAGS_URL }, // remove for the hosted service
  sendEvents: false,
})
const { availability } = await client.waitForInitialization({ timeoutMs: 10_000, minimum: 'refreshed' })
await client.close() // saves the file
if (availability !== 'refreshed') throw new Error('no answer of the service: the snapshot was not written')
console.log('dist/flags.snapshot was written')
