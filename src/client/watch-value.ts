import { isDeepStrictEqual } from 'node:util'
import type { Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import type { ValueChange } from './flag-client.ts'
import type { Variations } from './variations.ts'

export interface WatchValueOptions {
  readonly dataSystem: Pick<DataSystem, 'on'>
  readonly variations: Variations<'sync'>
  readonly key: string
  readonly context: Context
  readonly defaultValue: unknown
  readonly listener: (change: ValueChange) => void
}

/** Evaluates a flag whenever it may have changed, and tells when the value did. */
export function watchValue(options: WatchValueOptions): Undo {
  const { dataSystem, variations, key, context, defaultValue, listener } = options
  let oldValue = variations.variation(key, context, defaultValue)
  return dataSystem.on('change', ({ flags }) => {
    if (!flags.has(key)) return
    const newValue = variations.variation(key, context, defaultValue)
    if (isDeepStrictEqual(oldValue, newValue)) return
    const change = { key, oldValue, newValue }
    oldValue = newValue
    listener(change)
  })
}
