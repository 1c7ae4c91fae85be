import type { Reason } from '../../evaluation/detail.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { counted } from '../../model/text.ts'
import { boundedJson } from '../../relay/flags/bounded-json.ts'
import type { Difference } from '../../relay/flags/differences.ts'
import type { ItemChange } from '../../relay/flags/item-changes.ts'
import { reasonText } from '../explain/reason-text.ts'
import { quoted } from '../inspect/format.ts'
import type { Style } from '../style.ts'

/** The beginning: the address and the masked key. */
interface StartEvent {
  readonly type: 'start'
  readonly from: string
  /** Absent for a store. */
  readonly sdkKey?: string
}

/** A change of the status of the data sources. */
interface StatusEvent {
  readonly type: 'status'
  readonly status: DataSourceStatus
  /** The former status. Absent for the first one. */
  readonly before?: DataSourceStatus
}

/** The first payload. */
export interface DataEvent {
  readonly type: 'data'
  readonly flags: number
  readonly segments: number
}

/** The value of a flag for the context: the first one, or a new one. */
interface ValueEvent {
  readonly type: 'value'
  readonly flag: string
  readonly value: unknown
  /** The former value. Absent for the first one. */
  readonly before?: unknown
  readonly variationIndex: number | null
  readonly reason: Reason
}

interface ChangeEvent {
  readonly type: 'change'
  readonly change: ItemChange
}

/** A line of the log of the data system. */
interface LogEvent {
  readonly type: 'log'
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
}

export type WatchEvent = (StartEvent | StatusEvent | DataEvent | ChangeEvent | ValueEvent | LogEvent) & {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

/** An event for people: a word for its kind, a line, and details. */
interface EventText {
  readonly label: string
  readonly style: keyof Style
  readonly text: string
  readonly details: readonly string[]
}

export function textOf(event: WatchEvent): EventText {
  switch (event.type) {
    case 'start': {
      const key = event.sdkKey === undefined ? '' : ` with SDK key ${event.sdkKey}`
      return line('watching', 'bold', `${event.from}${key}`)
    }
    case 'status':
      return line('status', STATE_STYLES[event.status.state], statusText(event))
    case 'data':
      return line('data', 'bold', contentText(event))
    case 'change':
      return changeText(event.change)
    case 'value': {
      const { flag, before, value, variationIndex, reason } = event
      const shown = variationIndex === null ? 'fallback value' : shortJson(value)
      const former = 'before' in event ? `${shortJson(before)} → ` : ''
      return line('value', 'cyan', `${quoted(flag)}: ${former}${shown} (${reasonText(reason)})`)
    }
    case 'log':
      return line('log', event.level === 'info' ? 'dim' : 'yellow', event.message)
    default:
      return event satisfies never
  }
}

export const STATE_STYLES: Readonly<Record<DataSourceStatus['state'], keyof Style>> = {
  initializing: 'dim',
  valid: 'green',
  interrupted: 'yellow',
  off: 'red',
}

function line(label: string, style: keyof Style, text: string, details: readonly string[] = []): EventText {
  return { label, style, text, details }
}

export function contentText({ flags, segments }: Omit<DataEvent, 'type'>): string {
  return `${counted(flags, 'flag')}, ${counted(segments, 'segment')}`
}

function shortJson(value: unknown): string {
  return value === undefined ? 'none' : boundedJson(value, { maxLength: 160 })
}

function statusText({ status, before }: StatusEvent): string {
  const { state, source, since, lastError, nextAttempt } = status
  const former =
    before === undefined || before.state === state
      ? ''
      : `, after ${spanText(since - before.since)} ${before.state}`
  const parts = [
    `${source === undefined ? state : `${state}: ${source}`}${former}`,
    errorText(status, before),
    nextAttempt !== undefined && `next attempt ${waitText(nextAttempt - (lastError?.at ?? since))}`,
  ]
  return parts.filter(Boolean).join('; ')
}

/** Returns the error if it is new, and a few words if it is the same as before. */
function errorText({ source, lastError }: DataSourceStatus, before: DataSourceStatus | undefined): string {
  const former = before?.lastError
  if (lastError === undefined || lastError.at === former?.at) return ''
  if (lastError.message === former?.message && lastError.source === former.source) return 'the same error'
  return lastError.source === source ? lastError.message : `${lastError.source}: ${lastError.message}`
}

/** Returns a duration for people, such as `0.4 s`, `12 s` or `3 min`. */
export function spanText(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`
  return ms < 119_500 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`
}

export function waitText(ms: number): string {
  return ms <= 50 ? 'now' : `in ${spanText(ms)}`
}

/** Differences that are written out. */
const MAX_DETAILS = 6

const CHANGE_STYLES: Readonly<Record<ItemChange['type'], keyof Style>> = {
  added: 'green',
  changed: 'yellow',
  deleted: 'red',
}

function changeText({ type, kind, key, from, to, differences, isCut }: ItemChange): EventText {
  const versions = [from, to].filter((version) => version !== undefined).join(' → ')
  const flip = differences.find(({ path, to: now }) => path === 'on' && now !== undefined)
  const others = differences.filter((difference) => difference !== flip).map(differenceText)
  const shown = others.slice(0, MAX_DETAILS)
  const rest = others.length - shown.length
  const more = rest > 0 ? [`and ${rest}${isCut ? ' or more' : ''} further differences`] : []
  const turned = flip === undefined ? '' : `: turned ${flip.to === 'true' ? 'on' : 'off'}`
  const text = `${kind} ${quoted(key)}, version ${versions}${turned}`
  return line(type, CHANGE_STYLES[type], text, [...shown, ...more])
}

function differenceText({ path, from, to }: Difference): string {
  if (from === undefined) return `${path}: added ${to}`
  return to === undefined ? `${path}: removed ${from}` : `${path}: ${from} → ${to}`
}
