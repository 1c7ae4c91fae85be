import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import express from 'express'
import { client, readiness, visitorFlags } from './flags.ts'

const app = express()
app.get('/readyz', readiness)
app.use(visitorFlags)
app.get('/', ({ flags }, response) => {
  response.json({
    greeting: flags.string('greeting', 'Good day'),
    newCheckout: flags.bool('new-checkout', false),
  })
})

// After 5 s the server starts without flags: evaluations return their fallback values until data arrives.
const { initialized, reason } = await client.waitForInitialization({ timeoutMs: 5_000 })
if (!initialized) console.warn(`flags: none yet (${reason}), serving fallback values`)

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

async function stop(): Promise<void> {
  await promisify(server.close.bind(server))() // waits for open requests
  await client.close() // delivers the analytics events
}
process.once('SIGTERM', stop).once('SIGINT', stop)
