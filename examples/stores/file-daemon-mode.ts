// Daemon mode with a file that another process on this machine keeps current. All data is in memory, and no worker needs a connection.
import { createClient, fileStore, presets } from 'halyard'

const { SNAPSHOT = 'flags.snapshot' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.daemon(fileStore(SNAPSHOT, { reads: 'snapshot' })),
})

await client.status.waitFor('valid', { timeoutMs: 5_000 }) // the file was read
const ada = { kind: 'user', key: 'ada' }
console.log(`${client.sync.stringVariation('greeting', ada, 'no greeting')}, ${client.availability}`)

await client.close()
