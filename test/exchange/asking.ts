import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { PollEndpoint, StreamEndpoint } from '../../src/exchange/endpoint.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import type { Selector } from '../../src/selector/selector.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { collect } from '../transport/bytes.ts'

/** An endpoint over real sockets; its connections end with the test. */
export function endpointAt(
  url: string,
  changed: Partial<PollEndpoint & StreamEndpoint> = {},
): PollEndpoint & StreamEndpoint {
  const transport = undiciTransport()
  onTestFinished(() => transport.close())
  return {
    transport,
    clock: systemClock,
    url,
    headers: { authorization: 'sdk-test', 'user-agent': 'Halyard/test' },
    silenceMs: 30_000,
    maxBytes: 1_000_000,
    random: () => 0,
    headersMs: 30_000,
    eventMs: 30_000,
    answerMs: 60_000,
    ...changed,
  }
}

export function at(state: string): Selector {
  return { state, version: 1 }
}

export const NEVER: AbortSignal = new AbortController().signal

/** Returns the results without signs of life. */
export async function resultsOf(results: AsyncIterable<SourceResult>): Promise<SourceResult[]> {
  const all = await collect(results)
  return all.filter(({ type }) => type !== 'activity')
}

/** Returns the type, keys and state of a change set. */
export function brief(result: SourceResult | undefined): string {
  if (result?.type !== 'changeSet') return result?.type ?? 'nothing'
  const { changeSet } = result
  if (changeSet.type === 'none') return 'none'
  const keys = changeSet.changes.map(({ op, key }) => (op === 'put' ? key : `-${key}`))
  return [changeSet.type, ...keys, changeSet.selector ? `@${changeSet.selector.state}` : '@nowhere'].join(' ')
}
