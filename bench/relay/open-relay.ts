import { startRelay } from '../../src/relay/index.ts'
import { silent } from '../clients/silent.ts'
import { SDK_KEY } from './client.ts'

/** Opens a relay with one environment and no database. Resolves with its address once it has data. */
export async function openRelay(service: string): Promise<string> {
  const relay = await startRelay(
    {
      port: 0,
      host: '127.0.0.1',
      endpoints: { polling: service, streaming: service },
      // A client that does not read must stay connected until the end.
      stallMs: 300_000,
      environments: [{ name: 'bench', sdkKey: SDK_KEY }],
    },
    { logger: silent },
  )
  const late = await relay.started
  if (late.length > 0) throw new Error('the relay has no data')
  return relay.url
}
