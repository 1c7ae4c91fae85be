import type { NetworkSize } from './network.ts'
import type { TierLoad, TierResult } from './simulate.ts'

/** Bytes that a client receives when it reconnects, if nothing or one flag has changed (docs/relay-load.md). */
const RECONNECT_BYTES = 1_048

/** Returns the table of docs/relay-scale.md. */
export function tierFigures(results: readonly TierResult[]): string {
  const rows = results.map(({ scenario, origin, hubs, edges, moved, gapMs, edgeUse, fullest }) =>
    [
      scenario.name,
      count(origin.requests),
      loadText(hubs),
      loadText(edges),
      moved === 0 ? '–' : `${Math.max(1, Math.round(edgeUse * 100))} %`,
      count(moved),
      moved === 0 ? '–' : `${seconds(gapMs.p50)}, ${seconds(gapMs.p99)}, ${seconds(gapMs.max)}`,
      moved === 0
        ? '–'
        : `${Math.max(1, Math.round((edges.requests * RECONNECT_BYTES) / 1e6)).toLocaleString('en')} MB`,
      count(fullest),
    ].join(' | '),
  )
  return [
    '| What happens | Requests at the service | Hubs: requests, most per second of one | Edges: the same | Its use of a core | Clients that lose a stream | Time without: p50, p99, max | Bytes to return | Streams of the fullest edge |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

export function describeSize({ hubsPerRegion, edgesPerRegion, clientsPerEdge }: NetworkSize): string {
  const clients = 2 * edgesPerRegion * clientsPerEdge
  return `${count(clients)} clients, ${2 * edgesPerRegion} edges, ${2 * hubsPerRegion} hubs`
}

function loadText({ requests, peak }: TierLoad): string {
  return requests === 0 ? '0' : `${count(requests)}, ${count(peak)}`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
