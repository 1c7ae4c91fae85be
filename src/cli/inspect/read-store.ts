import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { safeLogger } from '../../config/logger.ts'
import { type Survey, type SurveyedRow, survey, surveyRow } from '../../layout/survey.ts'
import { KINDS } from '../../model/change-set.ts'
import { HalyardError } from '../../model/errors.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { InspectionTarget, StoreAddress } from '../../store/inspected-store.ts'

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
}

export interface KeyInspection extends InspectedPlace {
  readonly rows: readonly SurveyedRow[]
}

interface ReadStoreOptions {
  readonly address: StoreAddress
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Thrown if a store cannot be read: it is unreachable, refuses the credentials, or its address is wrong. */
export class InspectionError extends HalyardError {
  constructor(cause: Error) {
    super('INSPECTION', cause.message, { cause })
  }
}

/** Reads all rows of a store. Rejects with an {@link InspectionError}. */
export function readStore(options: ReadStoreOptions): Promise<StoreInspection> {
  return withTarget(options, async (store, target, signal) => {
    const fault = await target.fault(options.clock, signal)
    const { maxRowBytes } = target
    const found = { ...placeOf(store, target), ...(maxRowBytes !== undefined && { maxRowBytes }) }
    if (fault !== undefined) return { ...found, fault, survey: survey({ initialized: false, rows: [] }) }
    return { ...found, survey: await surveyOf(store, signal) }
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

async function withTarget<T>(
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

function placeOf({ name }: PersistentStore, { prefix }: InspectionTarget): InspectedPlace {
  return { name, ...(prefix !== undefined && { prefix }) }
}
