import type { BigSegmentsOptions, CustomBigSegmentStore } from '../../src/index.ts'
import type { BigSegmentsParams } from './create-request.ts'

/** Returns the option of the library for the store of big segments that the suite plays. */
export function bigSegmentsOf(params: BigSegmentsParams): BigSegmentsOptions {
  const { callbackUri, userCacheSize, userCacheTimeMs, statusPollIntervalMs, staleAfterMs } = params
  return {
    store: () => callbackStore(callbackUri),
    ...positive({ userCacheSize, userCacheTimeMs, statusPollIntervalMs, staleAfterMs }),
  }
}

/** A store whose queries are callbacks to the suite. */
function callbackStore(uri: string): CustomBigSegmentStore {
  const ask = async (path: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${uri}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return {
    async getMetadata() {
      return (await ask('getMetadata', {})) as { readonly lastUpToDate?: number } | undefined
    },
    async getUserMembership(contextHash) {
      const answer = (await ask('getMembership', { contextHash })) as
        | { readonly values?: Readonly<Record<string, boolean>> | null }
        | undefined
      return answer?.values ?? undefined
    },
    close() {
      fetch(`${uri}/`, { method: 'DELETE' }).catch(() => {})
    },
  }
}

/** Returns the members that are greater than zero; the others mean the default. */
function positive<T extends Readonly<Record<string, number | undefined>>>(
  given: T,
): { [K in keyof T]?: number } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined && value > 0)
  return Object.fromEntries(entries) as { [K in keyof T]?: number }
}
