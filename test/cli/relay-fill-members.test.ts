import { expect, it } from 'vitest'
import { filled } from '../../src/cli/relay-fill.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import type { BigSegmentsView } from '../../src/relay/view.ts'
import { environmentView, relayView, storeView } from '../relay/status/views.ts'

/** Returns a relay whose big segments are in these states, one after the other at each check. */
function relayWith(...states: readonly BigSegmentsView['state'][]): RelayServer {
  const left = [...states]
  return {
    get view() {
      const state = (left.length > 1 ? left.shift() : left[0]) ?? 'waiting'
      const bigSegments = {
        state,
        available: true,
        stale: false,
        staleIsDegraded: false,
        synchronizedOn: 0,
        patches: 0,
      }
      return relayView(environmentView({ store: storeView(), bigSegments }))
    },
  } as RelayServer
}

const NEVER = new AbortController().signal

it('(S216.2) a failure of big segments does not end the relay while they are tried again', async () => {
  const relay = relayWith('synchronizing', 'waiting', 'waiting', 'synchronizing', 'synchronized')
  await expect(filled(relay, { initTimeoutMs: 60_000 }, NEVER)).resolves.toContain(
    'all data of 1 environment',
  )
})

it('(S216.2) ends the relay if big segments are not synchronized after initTimeout', async () => {
  await expect(filled(relayWith('waiting'), { initTimeoutMs: 100 }, NEVER)).rejects.toThrow(
    'the members of its big segments could not be synchronized',
  )
})
