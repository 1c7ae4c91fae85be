import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { safeLogger } from '../../config/logger.ts'
import { type Survey, type SurveyedRow, survey, surveyRow } from '../../layout/survey.ts'
import type { BigSegmentStore } from '../../model/big-segment-store.ts'
import { KINDS } from '../../model/change-set.ts'
import { reasonOf } from '../../model/error-text.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { InspectionTarget, StoreAddress } from '../../store/inspected-store.ts'
import { InspectionError } from '../arguments.ts'

export interface InspectedPlace {
  /** The name of the store, without credentials. */
  readonly name: string
  readonly prefix?: string
}

export interface StoreInspection extends InspectedPlace {
  readonly maxRowBytes?: number
  /** Damage to the whole store. Then the survey is empty. */
  readonly fault?: string
  readonly survey: Survey
  /** The state of the big segments. Absent if there are none. */
  readonly bigSegments?: BigSegmentsSurvey
}

/** The time at which a relay last synchronized the big segments, in milliseconds since the Unix epoch, or why it is unknown. */
export type BigSegmentsSurvey =
  | { readonly type: 'synchronized'; readonly synchronizedOn: number }
  | { readonly type: 'unreadable'; readonly reason: string }

export interface KeyInspection extends InspectedPlace {
  readonly rows: readonly SurveyedRow[]
}

export interface ReadStoreOptions {
  readonly address: StoreAddress
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}
/** Reads all rows of a store. Rejects with an {@link InspectionError}. */
export function readStore(options: ReadStoreOptions): Promise<StoreInspection> {
  return withTarget(options, async (store, target, signal) => {
    const fault = await target.fault(options.clock, signal)
    const { maxRowBytes } = target
    const found = { ...placeOf(store, target), ...(maxRowBytes !== undefined && { maxRowBytes }) }
    if (fault !== undefined) return { ...found, fault, survey: survey({ initialized: false, rows: [] }) }
    const bigSegments = await surveyBigSegments(target, options.clock, signal)
    return { ...found, survey: await surveyOf(store, signal), ...(bigSegments && { bigSegments }) }
  })
}

/** Reads the flag and the segment with a key. Rejects with an {@link InspectionError}. */
export function readKey(key: string, options: ReadStoreOptions): Promise<KeyInspection> {
  return withTarget(options, async (store, target, signal) => {
    const fault = await target.fault(options.clock, signal)
    if (fault !== undefined) throw new Error(`${store.name}: ${fault}`)
    const rows = await Promise.all(KINDS.map((kind) => store.get(kind, key, signal)))
    return { ...placeOf(store, target), rows: rows.flatMap((row) => (row ? [surveyRow(row)] : [])) }
  })
}

/**
 * Reads all rows of a store. Reads a second time if the digest differs, because a writer may have been active during the first
 * read, and not every database has snapshot reads.
 */
export async function surveyOf(store: PersistentStore, signal: AbortSignal): Promise<Survey> {
  const first = survey(await store.readAll(signal))
  const isTorn = first.sidecar.type === 'readable' && first.sidecar.digest === 'differs'
  return isTorn ? survey(await store.readAll(signal)) : first
}

/** A database user may be allowed to read only flags, so a failure is a result. */
async function surveyBigSegments(
  target: InspectionTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<BigSegmentsSurvey | undefined> {
  try {
    const metadata = await withBigSegments(target, clock, (store) => store.metadata(signal))
    const synchronizedOn = metadata?.synchronizedOn
    return synchronizedOn === undefined ? undefined : { type: 'synchronized', synchronizedOn }
  } catch (error) {
    return { type: 'unreadable', reason: reasonOf(error) }
  }
}

/** Calls a function with the opened store of big segments. Resolves with `undefined` if the target has none. */
export async function withBigSegments<T>(
  { bigSegments }: InspectionTarget,
  clock: Clock,
  read: (store: BigSegmentStore) => Promise<T>,
): Promise<T | undefined> {
  const store = bigSegments?.openBigSegments({ clock, random: () => 0, logger: safeLogger() })
  try {
    return store && (await read(store))
  } finally {
    await store?.close()
  }
}

/** Opens a store, calls a function with it, and closes it. Rejects with an {@link InspectionError}. */
export async function withTarget<T>(
  { address, timeoutMs, clock, signal }: ReadStoreOptions,
  read: (store: PersistentStore, target: InspectionTarget, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Without this, the process would exit before the store answers, because connections of a store do not keep it alive.
  const release = clock.hold()
  try {
    const target = await address.open()
    const { store } = target.description.open({ clock, random: () => 0, logger: safeLogger() })
    try {
      return await withDeadline(clock, timeoutMs, signal, (inTime) => read(store, target, inTime))
    } finally {
      await store.close()
    }
  } catch (error) {
    throw new InspectionError(error as Error)
  } finally {
    release()
  }
}

export function placeOf({ name }: PersistentStore, { prefix }: InspectionTarget): InspectedPlace {
  return { name, ...(prefix !== undefined && { prefix }) }
}
