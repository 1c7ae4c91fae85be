import type { Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { copyOf } from '../model/exposed.ts'
import { isEqual } from '../model/json.ts'
import type { Changes } from './changes.ts'
import type { Evaluator } from './evaluator.ts'
import type { ValueChange } from './flag-client.ts'
import type { VariationMethod } from './variations.ts'

export interface WatchValueOptions {
  readonly dataSystem: Pick<DataSystem, 'lazy'>
  readonly bigSegments: object | undefined
  readonly changes: Changes
  readonly evaluator: Evaluator
  readonly variation: VariationMethod
  readonly key: string
  readonly context: Context
  readonly defaultValue: unknown
  readonly listener: (change: ValueChange) => void
}

/** Calls the listener when a change of the data gives the flag another value for the context. */
export function watchValue(options: WatchValueOptions): Undo {
  const { dataSystem, bigSegments, changes, evaluator, variation, key, context, defaultValue, listener } =
    options
  // Values are copied before they are kept, because the application may change the object that it receives.
  let last: { readonly value: unknown } | undefined
  let evaluated: Promise<unknown> = Promise.resolve()
  let stopped = false

  const compare = (newValue: unknown): unknown => {
    const before = last
    last = { value: copyOf(newValue) }
    if (stopped || !before || isEqual(before.value, newValue)) return undefined
    // Returned, because an async listener returns a promise that may reject.
    return listener({ key, oldValue: before.value, newValue })
  }

  if (dataSystem.lazy || (bigSegments && evaluator.hasDataFor(key)))
    evaluated = variation
      .later(key, context, defaultValue)
      .then((value) => {
        last ??= { value: copyOf(value) }
      })
      // Copying a default value of the application may throw. The first change then becomes the value to compare with.
      .catch(() => undefined)
  // Without data the value is the fallback value. It is not evaluated, because that would log a warning.
  else
    last = {
      value: copyOf(evaluator.hasDataFor(key) ? variation.now(key, context, defaultValue) : defaultValue),
    }

  // Adding this listener makes a data system with a lazy database load all data into memory.
  const stop = changes.on(({ flags }) => {
    if (!flags.has(key)) return undefined
    if (!bigSegments) return compare(variation.now(key, context, defaultValue))
    // Memberships may have to be queried. Values are compared in the order of the changes.
    const compared = evaluated.then(() => variation.later(key, context, defaultValue)).then(compare)
    evaluated = compared.catch(() => undefined)
    return compared
  })
  return () => {
    stopped = true
    stop()
  }
}
