// A file another process of this machine keeps current, all of it in memory: every worker needs no connection.
import { createClient, fileStore, presets } from 'halyard'

const { SNAPSHOT = 'flags.snapshot' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.daemon(fileStore(SNAPSHOT, { reads: 'snapshot' })),
})

await client.status.waitFor('valid', { timeoutMs: 5_000 }) // everything was read
const ada = { kind: 'user', key: 'ada' }
console.log(`${client.sync.stringVariation('greeting', ada, 'no greeting')}, ${client.availability}`)

await client.close()
