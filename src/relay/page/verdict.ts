import type { AutoConfigView } from '../auto-config/auto-config-status.ts'
import { type CertificateState, certificateState } from '../certificate.ts'
import { isService } from '../unanswered.ts'
import type { BigSegmentsView, EnvironmentView, RelayView, StoreView } from '../view.ts'
import { type Cause, causeOf } from './cause.ts'
import { type HeadlinePart, headlineOf, plainHeadline } from './headline.ts'

/** `warning`: clients receive data that may be outdated or incomplete. `bad`: they receive nothing, or no further changes. */
export type Tone = 'good' | 'warning' | 'bad'

/** The state of an environment in one or two words. */
export type Label =
  | 'Waiting'
  | 'Nothing'
  | 'Off'
  | 'Stored'
  | 'Interrupted'
  | 'Database'
  | 'Big segments'
  | 'Archive'
  | 'Live'

export interface EnvironmentVerdict {
  readonly name: string
  /** The name for people. */
  readonly title: string
  readonly tone: Tone
  readonly label: Label
  /** The reason of the state that the label names. Absent if it is good or unknown. */
  readonly cause?: Cause
  /** Sentences without their subject, which is the environment, for example `has nothing to serve`. They contain no durations. */
  readonly problems: readonly string[]
}

export interface RelayVerdict {
  readonly tone: Tone
  /** One sentence, without durations and addresses. */
  readonly headline: string
  /** The same sentence, with durations and addresses. */
  readonly headlineParts: readonly HeadlinePart[]
  readonly environments: readonly EnvironmentVerdict[]
}

interface Problem {
  readonly tone: Exclude<Tone, 'good'>
  readonly label: Label
  readonly text: string
  readonly cause?: Cause | undefined
}

export function judgeRelay({ environments, autoConfig, certificate, now }: RelayView): RelayVerdict {
  const verdicts = environments.map((environment) => judgeEnvironment(environment, now))
  const tones = verdicts.map(({ tone }) => tone)
  const found = [
    certificate && certificateProblem(certificateState(certificate, now)),
    autoConfig && autoConfigProblem(autoConfig),
  ]
  const problems = found.filter((problem) => problem !== undefined)
  const texts = problems.map(({ text }) => text)
  const hasHeadline = problems.length === 0 || environments.length > 0
  return {
    tone: worstOf([...tones, ...problems.map(({ tone }) => tone)]),
    headline: [...texts, ...(hasHeadline ? [plainHeadline(verdicts)] : [])].join('. '),
    headlineParts: [
      ...texts.flatMap((text, index) => (index === 0 ? [text] : ['. ', text])),
      ...(hasHeadline ? [...(texts.length > 0 ? ['. '] : []), ...headlineOf(verdicts)] : []),
    ],
    environments: verdicts,
  }
}

function worstOf(tones: readonly Tone[]): Tone {
  return tones.includes('bad') ? 'bad' : tones.includes('warning') ? 'warning' : 'good'
}

type RelayProblem = Pick<Problem, 'tone' | 'text'>

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
export function judgeEnvironment(environment: EnvironmentView, now: number): EnvironmentVerdict {
  const problems = [
    ...sourceProblems(environment, causeOf(environment, now)),
    ...(environment.store ? storeProblems(environment.store) : []),
    ...(environment.bigSegments ? bigSegmentProblems(environment.bigSegments) : []),
  ]
  const worst = problems.find(({ tone }) => tone === 'bad') ?? problems[0]
  return {
    name: environment.name,
    title: environment.label ?? environment.name,
    tone: worst?.tone ?? 'good',
    label: worst?.label ?? (environment.serving === 'archive' ? 'Archive' : 'Live'),
    ...(worst?.cause && { cause: worst.cause }),
    problems: problems.map(({ text }) => text),
  }
}

function sourceProblems({ serving, source }: EnvironmentView, cause: Cause | undefined): Problem[] {
  const isOff = source.state === 'off'
  const off: Problem = {
    tone: 'bad',
    label: 'Off',
    text: 'receives no further changes, because all its sources have failed permanently',
    cause,
  }
  switch (serving) {
    case 'nothing':
      return source.state === 'initializing'
        ? [{ tone: 'bad', label: 'Waiting', text: 'is waiting for its first data', cause }]
        : [{ tone: 'bad', label: 'Nothing', text: 'has nothing to serve', cause }, ...(isOff ? [off] : [])]
    case 'stored': {
      const text = 'serves the data that its database had at the start'
      return [{ tone: 'warning', label: 'Stored', text, cause }, ...(isOff ? [off] : [])]
    }
    case 'archive':
      return isOff ? [off] : []
    case 'live': {
      if (isOff) return [off]
      const text = isService(source.source ?? '')
        ? 'has no connection to the service and serves the last data received'
        : 'cannot read its source and serves the last data read'
      return source.state === 'interrupted' ? [{ tone: 'warning', label: 'Interrupted', text, cause }] : []
    }
    default:
      return serving satisfies never
  }
}

function storeProblems({ status }: StoreView): Problem[] {
  const { state, lost, stale, refused, quarantined } = status
  const found: readonly (readonly [text: string, cause: string] | false)[] = [
    state === 'unavailable' && ['cannot reach its database', 'unreachable'],
    lost && ['is rewriting its database, whose data was lost', 'data lost'],
    stale && !lost && ['has changes that are not in its database yet', 'changes not written'],
    refused.length > 0 && [`has ${rows(refused.length)} that its database rejected`, 'rows rejected'],
    quarantined.length > 0 && [
      `ignores ${rows(quarantined.length)} in its database that cannot be parsed`,
      'rows that cannot be parsed',
    ],
  ]
  const texts = found.filter((each) => each !== false)
  return texts.map(([text, cause]) => ({
    tone: 'warning',
    label: 'Database',
    text,
    cause: { text: cause },
  }))
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
