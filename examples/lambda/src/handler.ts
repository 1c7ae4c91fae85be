import { join } from 'node:path'
import { createClient, fileStore, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

// Outside of the handler: the client lives as long as the execution environment, through all its invocations and freezes.
const client = createClient(SDK_KEY, {
  dataSystem: {
    ...presets.default(),
    // The snapshot is beside this file in the package of the function, whose folder cannot be written.
    store: fileStore(join(import.meta.dirname, 'flags.snapshot')),
    storeMode: 'read',
  },
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
})

export interface Request {
  readonly user: string
}

export async function handler({ user }: Request): Promise<object> {
  // A cold start has the flags of the snapshot at once, as `cached`. The service brings the changes since then.
  await client.waitForInitialization({ timeoutMs: 2_000 })
  const context = { kind: 'user', key: user }
  const greeting = await client.stringVariation('greeting', context, 'Good day')
  // Before the freeze: afterwards, nothing is sent until the next invocation.
  await client.flush()
  return { greeting, flags: client.availability }
}
