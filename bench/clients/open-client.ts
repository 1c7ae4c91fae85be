import type { ClientName, FlagClient } from './client.ts'
import { openHalyard } from './halyard-client.ts'
import { loadOfficial } from './official-client.ts'

/** Opens a client that has data, and whose stream is open or connecting. It sends events if there is an address for them. */
export async function openClient(name: ClientName, url: string, eventsUrl?: string): Promise<FlagClient> {
  return name === 'halyard' ? openHalyard(url, eventsUrl) : (await loadOfficial())(url, eventsUrl)
}
