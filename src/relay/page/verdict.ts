import type { AutoConfigView } from '../auto-config/auto-config-status.ts'
import { type CertificateState, certificateState } from '../certificate.ts'
import type { BigSegmentsView, EnvironmentView, RelayView, StoreView } from '../view.ts'

/** `warning`: clients receive data that may be outdated or incomplete. `bad`: they receive nothing, or no further changes. */
export type Tone = 'good' | 'warning' | 'bad'

export interface EnvironmentVerdict {
  readonly name: string
  /** The name for people. */
  readonly title: string
  readonly tone: Tone
  readonly label: string
  /** Sentences without their subject, which is the environment, for example `has nothing to serve`. They contain no durations. */
  readonly problems: readonly string[]
}

export interface RelayVerdict {
  readonly tone: Tone
  readonly headline: string
  readonly environments: readonly EnvironmentVerdict[]
}

interface Problem {
  readonly tone: Exclude<Tone, 'good'>
  readonly label: string
  readonly text: string
}

export function judgeRelay({ environments, autoConfig, certificate, now }: RelayView): RelayVerdict {
  const verdicts = environments.map(judgeEnvironment)
  const tones = verdicts.map(({ tone }) => tone)
  const isArchive = environments.some(({ serving }) => serving === 'archive')
  const headline = headlineOf(tones, isArchive ? 'served from an archive' : 'live')
  const found = [
    certificate && certificateProblem(certificateState(certificate, now)),
    autoConfig && autoConfigProblem(autoConfig),
  ]
  const problems = found.filter((problem) => problem !== undefined)
  const hasHeadline = problems.length === 0 || environments.length > 0
  return {
    tone: worstOf([...tones, ...problems.map(({ tone }) => tone)]),
    headline: [...problems.map(({ text }) => text), ...(hasHeadline ? [headline] : [])].join('. '),
    environments: verdicts,
  }
}

function worstOf(tones: readonly Tone[]): Tone {
  return tones.includes('bad') ? 'bad' : tones.includes('warning') ? 'warning' : 'good'
}

type RelayProblem = Omit<Problem, 'label'>

function certificateProblem(state: CertificateState): RelayProblem | undefined {
  switch (state) {
    case 'valid':
      return undefined
    case 'expiring':
      return { tone: 'warning', text: 'The TLS certificate expires soon' }
    case 'expired':
      return { tone: 'bad', text: 'The TLS certificate has expired' }
    default:
      return state satisfies never
  }
}

function autoConfigProblem({ state, configuration }: AutoConfigView): RelayProblem | undefined {
  if (configuration === 'none') return { tone: 'bad', text: 'Waiting for the list of environments' }
  if (state === 'valid') return undefined
  const list = configuration === 'cached' ? 'a copy of the list' : 'the last list'
  return {
    tone: 'warning',
    text: `Automatic configuration is disconnected, and ${list} of environments is in effect`,
  }
}

/** Returns the verdict on an environment. The first of its worst problems determines tone and label. */
export function judgeEnvironment(environment: EnvironmentView): EnvironmentVerdict {
  const problems = [
    ...sourceProblems(environment),
    ...(environment.store ? storeProblems(environment.store) : []),
    ...(environment.bigSegments ? bigSegmentProblems(environment.bigSegments) : []),
  ]
  const worst = problems.find(({ tone }) => tone === 'bad') ?? problems[0]
  return {
    name: environment.name,
    title: environment.label ?? environment.name,
    tone: worst?.tone ?? 'good',
    label: worst?.label ?? (environment.serving === 'archive' ? 'Archive' : 'Live'),
    problems: problems.map(({ text }) => text),
  }
}

function headlineOf(tones: readonly Tone[], goodState: string): string {
  const all = tones.length
  const failing = tones.filter((tone) => tone !== 'good').length
  if (all === 0) return 'No environments are configured'
  if (failing === 0)
    return all === 1 ? `The environment is ${goodState}` : `All ${all} environments are ${goodState}`
  if (all === 1) return 'The environment needs attention'
  return `${failing} of ${all} environments ${failing === 1 ? 'needs' : 'need'} attention`
}

function sourceProblems({ serving, source }: EnvironmentView): Problem[] {
  const isOff = source.state === 'off'
  const off: Problem = {
    tone: 'bad',
    label: 'Off',
    text: 'receives no further changes, because all its sources have failed permanently',
  }
  switch (serving) {
    case 'nothing':
      return source.state === 'initializing'
        ? [{ tone: 'bad', label: 'Waiting', text: 'is waiting for its first data' }]
        : [{ tone: 'bad', label: 'Nothing', text: 'has nothing to serve' }, ...(isOff ? [off] : [])]
    case 'stored': {
      const text = 'serves the data that its database had at the start'
      return [{ tone: 'warning', label: 'Stored', text }, ...(isOff ? [off] : [])]
    }
    case 'archive':
      return isOff ? [off] : []
    case 'live': {
      if (isOff) return [off]
      const text = 'has no connection to the service and serves the last data received'
      return source.state === 'interrupted' ? [{ tone: 'warning', label: 'Interrupted', text }] : []
    }
    default:
      return serving satisfies never
  }
}

function storeProblems({ status }: StoreView): Problem[] {
  const { state, lost, stale, refused, quarantined } = status
  const texts = [
    state === 'unavailable' && 'cannot reach its database',
    lost && 'is rewriting its database, whose data was lost',
    stale && !lost && 'has changes that are not in its database yet',
    refused.length > 0 && `has ${rows(refused.length)} that its database rejected`,
    quarantined.length > 0 && `ignores ${rows(quarantined.length)} in its database that cannot be parsed`,
  ].filter((text) => text !== false)
  return texts.map((text) => ({ tone: 'warning', label: 'Database', text }))
}

function bigSegmentProblems({ state, available, stale }: BigSegmentsView): Problem[] {
  const texts = [
    state === 'waiting' && 'cannot synchronize its big segments',
    available && stale && 'has big segments in its database that may be out of date',
  ].filter((text) => text !== false)
  return texts.map((text) => ({ tone: 'warning', label: 'Big segments', text }))
}

function rows(count: number): string {
  return count === 1 ? 'one row' : `${count} rows`
}
