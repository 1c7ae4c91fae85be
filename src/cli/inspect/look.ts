import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { safeLogger } from '../../config/logger.ts'
import { type Survey, type SurveyedRow, survey, surveyRow } from '../../layout/survey.ts'
import { KINDS } from '../../model/change-set.ts'
import { HalyardError } from '../../model/errors.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { StoreAddress } from './store-address.ts'
import { type Target, targetOf } from './target.ts'

/** Where was looked. */
export interface Place {
  /** For people to read; never a credential. */
  readonly name: string
  readonly prefix?: string
}

/** What was found in a store. */
export interface Look extends Place {
  readonly maxRowBytes?: number
  /** What is wrong with the whole; nothing can be said of its rows then. */
  readonly fault?: string
  readonly survey: Survey
}

/** The rows of both kinds under one key. */
export interface RowLook extends Place {
  readonly rows: readonly SurveyedRow[]
}

export interface LookOptions {
  readonly address: StoreAddress
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The store could not be looked into: it cannot be reached, lets nobody in, or is described wrongly. */
export class LookError extends HalyardError {
  constructor(cause: Error) {
    super('LOOK', cause.message, { cause })
  }
}

/** Looks at everything, and writes nothing. Rejects with a {@link LookError}. */
export function lookAtStore(options: LookOptions): Promise<Look> {
  return looking(options, async (store, target, signal) => {
    const fault = await target.fault(options.clock, signal)
    const { maxRowBytes } = target
    const found = { ...placeOf(store, target), ...(maxRowBytes !== undefined && { maxRowBytes }) }
    if (fault !== undefined) return { ...found, fault, survey: survey({ initialized: false, rows: [] }) }
    return { ...found, survey: await surveyOf(store, signal) }
  })
}

/** Looks at what is there under a key, as a flag and as a segment. Rejects with a {@link LookError}. */
export function lookAtKey(key: string, options: LookOptions): Promise<RowLook> {
  return looking(options, async (store, target, signal) => {
    const fault = await target.fault(options.clock, signal)
    if (fault !== undefined) throw new Error(`${store.name}: ${fault}`)
    const rows = await Promise.all(KINDS.map((kind) => store.get(kind, key, signal)))
    return { ...placeOf(store, target), rows: rows.flatMap((row) => (row ? [surveyRow(row)] : [])) }
  })
}

/** Not every database can be read at one moment: what changed meanwhile is no contradiction, and is looked at again. */
export async function surveyOf(store: PersistentStore, signal: AbortSignal): Promise<Survey> {
  const first = survey(await store.readAll(signal))
  const torn = first.sidecar.type === 'readable' && first.sidecar.digest === 'differs'
  return torn ? survey(await store.readAll(signal)) : first
}

async function looking<T>(
  { address, timeoutMs, clock, signal }: LookOptions,
  look: (store: PersistentStore, target: Target, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // No connection of a store keeps the process alive, so somebody has to until there is an answer.
  const release = clock.hold()
  try {
    const target = await targetOf(address)
    const { store } = target.description.open({ clock, random: () => 0, logger: safeLogger() })
    try {
      return await withDeadline(clock, timeoutMs, signal, (inTime) => look(store, target, inTime))
    } finally {
      await store.close()
    }
  } catch (error) {
    throw new LookError(error as Error)
  } finally {
    release()
  }
}

function placeOf({ name }: PersistentStore, { prefix }: Target): Place {
  return { name, ...(prefix !== undefined && { prefix }) }
}
