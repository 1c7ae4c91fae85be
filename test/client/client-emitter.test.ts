import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { Changes } from '../../src/client/changes.ts'
import { ClientEmitter } from '../../src/client/emitter.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { ChangedKeys } from '../../src/model/change-set.ts'
import { notes } from './starting.ts'

/** Returns the parts of a data system that the emitter uses, and its change listeners. */
function dataSystemWithListeners(): {
  readonly dataSystem: DataSystem
  readonly listening: Set<(keys: ChangedKeys) => void>
} {
  const listening = new Set<(keys: ChangedKeys) => void>()
  const dataSystem = {
    initialized: false,
    status: { current: { state: 'initializing', since: 0 } },
    on(event: string, listener: (keys: ChangedKeys) => void) {
      if (event !== 'change') return () => {}
      listening.add(listener)
      return () => listening.delete(listener)
    },
  }
  return { dataSystem: dataSystem as unknown as DataSystem, listening }
}

it('(S43) subscribes to changes once, and only while there is an update listener', () => {
  const { dataSystem, listening } = dataSystemWithListeners()
  const { logger } = notes()
  const changes = new Changes({ dataSystem, overrides: undefined, logger })
  const emitter = new ClientEmitter({ dataSystem, changes, clock: systemClock, logger })
  const listener = (): void => {}
  emitter.add('ready', listener, 'always')
  expect(listening.size).toBe(0)
  emitter.add('update', listener, 'always')
  emitter.add('update:a', listener, 'once')
  expect(listening.size).toBe(1)
  emitter.remove('update', listener)
  expect(listening.size).toBe(1)
  for (const listen of listening) listen({ flags: new Set(['a']), segments: new Set() })
  expect(listening.size).toBe(0)
})
