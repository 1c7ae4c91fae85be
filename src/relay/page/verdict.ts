import type { EnvironmentView, RelayView, StoreView } from '../view.ts'

/** `wary`: clients get something, but not what they should. `bad`: they get nothing, or nothing new will ever come. */
export type Tone = 'good' | 'wary' | 'bad'

/** What to think of one environment. */
export interface Standing {
  readonly name: string
  readonly tone: Tone
  /** A word or two. */
  readonly word: string
  /** What is wrong, as what one says after the name: `has nothing to serve`. Names no duration: it is true until it changes. */
  readonly troubles: readonly string[]
}

/** What to think of the relay. */
export interface Verdict {
  readonly tone: Tone
  readonly headline: string
  /** In the order of the view. */
  readonly standings: readonly Standing[]
}

interface Trouble {
  readonly tone: Exclude<Tone, 'good'>
  readonly word: string
  readonly says: string
}

export function verdictOf({ environments }: RelayView): Verdict {
  const standings = environments.map(standingOf)
  const tones = standings.map(({ tone }) => tone)
  const tone = tones.includes('bad') ? 'bad' : tones.includes('wary') ? 'wary' : 'good'
  const isArchive = environments.some(({ serving }) => serving === 'archive')
  return { tone, headline: headlineOf(tones, isArchive ? 'served from an archive' : 'live'), standings }
}

export function standingOf(environment: EnvironmentView): Standing {
  const troubles = [
    ...flowTroubles(environment),
    ...(environment.store ? storeTroubles(environment.store) : []),
  ]
  const worst = troubles.find(({ tone }) => tone === 'bad') ?? troubles[0]
  return {
    name: environment.name,
    tone: worst?.tone ?? 'good',
    word: worst?.word ?? (environment.serving === 'archive' ? 'Archive' : 'Live'),
    troubles: troubles.map(({ says }) => says),
  }
}

function headlineOf(tones: readonly Tone[], well: string): string {
  const all = tones.length
  const troubled = tones.filter((tone) => tone !== 'good').length
  if (all === 0) return 'There are no environments'
  if (troubled === 0) return all === 1 ? `The environment is ${well}` : `All ${all} environments are ${well}`
  if (all === 1) return 'The environment needs attention'
  return `${troubled} of ${all} environments ${troubled === 1 ? 'needs' : 'need'} attention`
}

function flowTroubles({ serving, source }: EnvironmentView): Trouble[] {
  const isOff = source.state === 'off'
  const off: Trouble = { tone: 'bad', word: 'Off', says: 'has no source left to ask' }
  switch (serving) {
    case 'nothing':
      return source.state === 'initializing'
        ? [{ tone: 'bad', word: 'Waiting', says: 'waits for its first data' }]
        : [{ tone: 'bad', word: 'Nothing', says: 'has nothing to serve' }, ...(isOff ? [off] : [])]
    case 'stored': {
      const says = 'serves what its database held at the start'
      return [{ tone: 'wary', word: 'Stored', says }, ...(isOff ? [off] : [])]
    }
    case 'archive':
      return isOff ? [off] : []
    case 'live':
      if (isOff) return [off]
      return source.state === 'interrupted'
        ? [
            {
              tone: 'wary',
              word: 'Interrupted',
              says: 'is cut off from the service and serves what it knows',
            },
          ]
        : []
    default:
      return serving satisfies never
  }
}

function storeTroubles({ status }: StoreView): Trouble[] {
  const { state, lost, stale, refused, quarantined } = status
  const says = [
    state === 'unavailable' && 'cannot reach its database',
    lost && 'found the data in its database gone, and writes it again',
    stale && !lost && 'has changes its database misses',
    refused.length > 0 && `holds ${rows(refused.length)} its database does not take`,
    quarantined.length > 0 && `found ${rows(quarantined.length)} in its database that cannot be read`,
  ].filter((words) => words !== false)
  return says.map((words) => ({ tone: 'wary', word: 'Database', says: words }))
}

function rows(count: number): string {
  return count === 1 ? 'a row' : `${count} rows`
}
