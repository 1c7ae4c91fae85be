import { createClient, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

const client = createClient(SDK_KEY, {
  dataSystem: presets.pollingOnly(), // one request is enough: a stream would be open for a moment only
  endpoints: { polling: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
})

try {
  const { initialized, reason } = await client.waitForInitialization({ timeoutMs: 10_000 })
  // A job can be repeated later, so this one does not run with fallback values.
  if (!initialized) throw new Error(`no flags (${reason}), the job did not run`)

  const users = ['ada', 'bob', 'cleo']
  for (const key of users) {
    const isNew = await client.boolVariation('new-checkout', { kind: 'user', key }, false)
    console.log(`${key}: invoice by the ${isNew ? 'new' : 'old'} checkout`)
  }
  client.track('invoices-sent', { kind: 'job', key: 'nightly' }, undefined, users.length)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await client.close() // delivers the analytics events
}
