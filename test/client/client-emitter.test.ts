import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { ClientEmitter } from '../../src/client/events.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { ChangedKeys } from '../../src/model/change-set.ts'
import { notes } from './starting.ts'

/** As much of a data system as an announcer needs, and how many listen for its changes. */
function witnessed(): {
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

it('(S43) listens for changes only while somebody listens for updates, and once for all of them', () => {
  const { dataSystem, listening } = witnessed()
  const announcer = new ClientEmitter({ dataSystem, clock: systemClock, logger: notes().logger })
  const listener = (): void => {}
  announcer.add('ready', listener, 'always')
  expect(listening.size).toBe(0)
  announcer.add('update', listener, 'always')
  announcer.add('update:a', listener, 'once')
  expect(listening.size).toBe(1)
  announcer.remove('update', listener)
  expect(listening.size).toBe(1)
  for (const tell of listening) tell({ flags: new Set(['a']), segments: new Set() })
  expect(listening.size).toBe(0)
})
