import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { trace } from '@opentelemetry/api'
import { client } from './flags.ts'
import { stopTelemetry } from './telemetry.ts'

await client.waitForInitialization({ timeoutMs: 5_000 })

const server = createServer(async (request, response) => {
  const path = request.url ?? '/'
  await trace.getTracer('shop').startActiveSpan(`GET ${path}`, async (span) => {
    const user = { kind: 'user', key: path.slice(1) || 'anonymous' }
    response.end(`${await client.stringVariation('greeting', user, 'Good day')}\n`)
    span.end()
  })
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

async function stop(): Promise<void> {
  server.close()
  await client.close()
  await stopTelemetry()
}
process.once('SIGTERM', stop).once('SIGINT', stop)
