import type { Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { copyOf } from '../model/exposed.ts'
import { isEqual } from '../model/json.ts'
import type { ValueChange } from './flag-client.ts'
import type { Variations } from './variations.ts'

export interface WatchValueOptions {
  readonly dataSystem: Pick<DataSystem, 'on' | 'initialized'>
  readonly variations: Variations<'sync'>
  readonly key: string
  readonly context: Context
  readonly defaultValue: unknown
  readonly listener: (change: ValueChange) => void
  /** The value to begin with, where it has to be read first. Listening itself brings everything into memory. */
  readonly first: Promise<unknown> | undefined
}

/** Evaluates a flag whenever it may have changed, and tells when the value did. */
export function watchValue(options: WatchValueOptions): Undo {
  const { dataSystem, variations, key, context, defaultValue, listener, first } = options
  const evaluate = (): unknown => variations.variation(key, context, defaultValue)
  // Without data it is the fallback, and the application, which asked for no evaluation, need not be told why.
  // Copies, because the application may change what it is handed, and the comparison must not notice.
  let held = first ? undefined : { value: copyOf(dataSystem.initialized ? evaluate() : defaultValue) }
  const begin = (value: unknown): void => {
    held ??= { value: copyOf(value) }
  }
  // Copying a default value of the application may throw. The first change then becomes what later ones are compared with.
  first?.then(begin).catch(() => undefined)
  return dataSystem.on('change', ({ flags }) => {
    if (!flags.has(key)) return undefined
    const before = held
    const newValue = evaluate()
    held = { value: copyOf(newValue) }
    if (!before || isEqual(before.value, newValue)) return undefined
    // Handed on, because an async listener returns a promise, which may reject.
    return listener({ key, oldValue: before.value, newValue })
  })
}
