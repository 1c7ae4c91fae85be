import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { createClient, fileStore, presets } from 'halyard'

const { id, sdkKey, snapshot } = workerData as {
  readonly id: number
  readonly sdkKey: string
  readonly snapshot: string
}

// Daemon mode: no connection. All flags are in memory, and a changed file is read within 200 ms.
const client = createClient(sdkKey, {
  dataSystem: presets.daemon(fileStore(snapshot, { reads: 'snapshot', feedIntervalMs: 200 })),
  sendEvents: false,
})
await client.status.waitFor('valid', { timeoutMs: 5_000 }) // the file was read
parentPort?.postMessage('ready')

interface Task {
  readonly user: string
  readonly reply: MessagePort
}

parentPort?.on('message', async (task: Task | 'stop') => {
  if (task === 'stop') {
    await client.close()
    parentPort?.close() // nothing else keeps the thread alive
    return
  }
  const greeting = client.sync.stringVariation('greeting', { kind: 'user', key: task.user }, 'Good day')
  task.reply.postMessage(`worker ${id}: ${greeting}\n`)
})
