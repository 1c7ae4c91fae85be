import type { ClientName, FlagClient } from './client.ts'
import { openHalyard } from './halyard-client.ts'
import { loadOfficial } from './official-client.ts'

/** Opens a client that has data, and whose stream is open or connecting. */
export async function openClient(name: ClientName, url: string): Promise<FlagClient> {
  return name === 'halyard' ? openHalyard(url) : (await loadOfficial())(url)
}
