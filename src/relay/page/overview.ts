import type { EnvironmentView, RelayView } from '../view.ts'
import { type EnvironmentVerdict, judgeRelay, type RelayVerdict } from './verdict.ts'

/** The part of the page's data that does not belong to one environment. */
export interface OverviewHead extends Omit<RelayVerdict, 'environments'> {
  readonly version: string
  readonly startedAt: number
  readonly bytesSent: number
  readonly bytesSaved: number
}

/** An environment in the list of the page. It has no traffic, which changes all the time, and no list that can be long. */
export interface OverviewRow
  extends EnvironmentVerdict,
    Pick<EnvironmentView, 'envId' | 'projKey' | 'serving' | 'holds' | 'clients'> {
  /** The time at which the data was last confirmed, to the second. Absent before any data. */
  readonly confirmedAt?: number
  /** The time of the last change of the data. Absent if there was none since the start. */
  readonly changedAt?: number
}

/** The first event of a feed, `overview`. */
export interface OverviewMessage {
  readonly now: number
  readonly head: OverviewHead
  readonly rows: readonly OverviewRow[]
}

/** A later event of a feed, `changes`: what differs from the state after the event before. */
export interface ChangesMessage {
  readonly now: number
  /** Absent if it is unchanged. */
  readonly head?: OverviewHead
  /** The rows that are new or differ. */
  readonly rows: readonly OverviewRow[]
  /** Names of environments that no longer exist. */
  readonly removed: readonly string[]
}

/** The overview of the relay at one moment, encoded for viewers. */
export class EncodedOverview {
  readonly #now: number
  readonly #head: string
  /** JSON texts by name. */
  readonly #rows: ReadonlyMap<string, string>
  readonly #changes = new WeakMap<EncodedOverview, Buffer>()
  #whole: Buffer | undefined

  constructor(view: RelayView) {
    const { environments, ...verdict } = judgeRelay(view)
    const { version, startedAt, now } = view
    const head: OverviewHead = {
      ...verdict,
      version,
      startedAt,
      bytesSent: sumOf(view, ({ bytesSent }) => bytesSent),
      bytesSaved: sumOf(view, ({ bytesSaved }) => bytesSaved),
    }
    this.#now = now
    this.#head = JSON.stringify(head)
    const verdicts = new Map(environments.map((each) => [each.name, each]))
    this.#rows = new Map(
      view.environments.map((environment) => {
        const { name } = environment
        return [name, JSON.stringify({ ...verdicts.get(name), ...rowOf(environment, now) })]
      }),
    )
  }

  /** The event `overview`. */
  get whole(): Buffer {
    this.#whole ??= encodeEvent('overview', [
      `"now":${this.#now}`,
      `"head":${this.#head}`,
      `"rows":[${[...this.#rows.values()].join()}]`,
    ])
    return this.#whole
  }

  /** Returns the event for viewers that have an earlier state: `changes`, or `alive` if nothing but the time differs. */
  since(earlier: EncodedOverview): Buffer {
    const changes = this.#changes.get(earlier) ?? this.#encodeChanges(earlier)
    this.#changes.set(earlier, changes)
    return changes
  }

  #encodeChanges(earlier: EncodedOverview): Buffer {
    const now = `"now":${this.#now}`
    const isSameHead = this.#head === earlier.#head
    const changed = [...this.#rows].filter(([name, row]) => row !== earlier.#rows.get(name))
    const removed = [...earlier.#rows.keys()].filter((name) => !this.#rows.has(name))
    if (isSameHead && changed.length === 0 && removed.length === 0) return encodeEvent('alive', [now])
    return encodeEvent('changes', [
      now,
      ...(isSameHead ? [] : [`"head":${this.#head}`]),
      `"rows":[${changed.map(([, row]) => row).join()}]`,
      `"removed":${JSON.stringify(removed)}`,
    ])
  }
}

function rowOf(
  { name, envId, projKey, serving, holds, clients, source: { ageMs }, recent }: EnvironmentView,
  now: number,
): Omit<OverviewRow, Exclude<keyof EnvironmentVerdict, 'name'>> {
  const changedAt = recent[0]?.at
  return {
    name,
    ...(envId !== undefined && { envId }),
    ...(projKey !== undefined && { projKey }),
    serving,
    holds,
    clients,
    ...(ageMs !== undefined && { confirmedAt: Math.round((now - ageMs) / 1_000) * 1_000 }),
    ...(changedAt !== undefined && { changedAt }),
  }
}

function sumOf({ environments }: RelayView, amount: (traffic: EnvironmentView['traffic']) => number): number {
  return environments.reduce((sum, { traffic }) => sum + amount(traffic), 0)
}

/** JSON contains no raw line breaks, so one `data` line is enough. */
function encodeEvent(name: string, members: readonly string[]): Buffer {
  return Buffer.from(`event: ${name}\ndata: {${members.join()}}\n\n`)
}
