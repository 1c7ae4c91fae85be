import type { ClientName, FlagClient } from './client.ts'
import { openHalyard } from './halyard-client.ts'
import { loadOfficial } from './official-client.ts'

/** A client that has its data, with its stream open or about to be. */
export async function openClient(name: ClientName, url: string): Promise<FlagClient> {
  return name === 'halyard' ? openHalyard(url) : (await loadOfficial())(url)
}
