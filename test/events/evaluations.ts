import type { Context } from '../../src/evaluation/context.ts'
import { evaluateRecorded } from '../../src/evaluation/evaluate.ts'
import type { EvaluationRecord } from '../../src/events/event-recorder.ts'
import type { Flag } from '../../src/model/flag.ts'
import { flag, type Members } from '../evaluation/ask.ts'

export const ADA: Context = { kind: 'user', key: 'u-1', name: 'Ada' }

export interface Asked {
  readonly key?: string
  readonly context?: Context
  readonly defaultValue?: unknown
  readonly withReason?: boolean
}

/** Returns the records of evaluations of some flags, as a client makes them. */
export function evaluations(...flags: readonly Members[]): (asked?: Asked) => EvaluationRecord {
  const byKey = new Map(flags.map((each) => [each.key, each as Flag]))
  const reader = { flag: (key: string) => byKey.get(key), segment: () => undefined }
  return ({ key = 'f', context = ADA, defaultValue = 'default', withReason = false } = {}) => {
    const evaluation = evaluateRecorded(reader, key, context)
    return { key, context, evaluation, defaultValue, withReason }
  }
}

export { flag }
