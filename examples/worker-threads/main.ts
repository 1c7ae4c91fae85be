import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MessageChannel, Worker } from 'node:worker_threads'
import { createClient, fileStore, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765', PORT = '3000' } = process.env
const SNAPSHOT = 'flags.snapshot'
const WORKERS = 2

// The only client with a connection. It writes all flags to a file, at most once a second.
const client = createClient(SDK_KEY, {
  dataSystem: presets.persistentStore(fileStore(SNAPSHOT)),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
})
const { initialized, reason } = await client.waitForInitialization({ timeoutMs: 5_000 })
if (!initialized) console.warn(`flags: none yet (${reason}), serving fallback values`)

const workers = Array.from({ length: WORKERS }, (_, id) => {
  return new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { id, sdkKey: SDK_KEY, snapshot: SNAPSHOT },
  })
})
await Promise.all(workers.map((worker) => once(worker, 'message'))) // each has read the file

let turn = 0
const server = createServer(async (request, response) => {
  const { port1, port2 } = new MessageChannel() // one for each request, so that answers cannot be mixed up
  workers[turn++ % WORKERS]?.postMessage({ user: request.url, reply: port2 }, [port2])
  const [answer] = await once(port1, 'message')
  port1.close()
  response.end(answer)
})
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

async function stop(): Promise<void> {
  server.close()
  for (const worker of workers) worker.postMessage('stop')
  await Promise.all(workers.map((worker) => once(worker, 'exit')))
  await client.close()
}
process.once('SIGTERM', stop).once('SIGINT', stop)
