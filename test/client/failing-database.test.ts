import { describe, expect, it, onTestFinished } from 'vitest'
import type { DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { OpenedStore, StoreDescription } from '../../src/model/persistent-store.ts'
import { MemoryDatabase, TestData } from '../../src/testing/index.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../support/engine.ts'
import { failOnUnhandledErrors } from '../support/unhandled-errors.ts'
import { notes, serving } from './starting.ts'

failOnUnhandledErrors()

/** Functions that fail in different ways, and the reason in the log. */
const failing: Readonly<Record<string, { readonly fail: () => never; readonly reason: string }>> = {
  'throws an error': {
    fail: () => {
      throw new Error('mine')
    },
    reason: 'mine',
  },
  'throws what cannot be printed': {
    fail: () => {
      throw Object.create(null)
    },
    reason: 'a value that cannot be printed',
  },
  'rejects with undefined': { fail: () => Promise.reject(undefined) as never, reason: 'undefined' },
  'rejects with an error': { fail: () => Promise.reject(new Error('mine')) as never, reason: 'mine' },
}

/** Invalid results of calls. */
const nonsense: Readonly<Record<string, () => unknown>> = {
  nothing: async () => undefined,
  null: async () => null,
  'a number': async () => 5,
  'an empty object': async () => ({}),
  'no promise': () => 7,
  'rows that are none': async () => ({ initialized: true, rows: [null, 5] }),
  'a promise that never settles': () => new Promise(() => {}),
}

type Part = 'reads' | 'writes' | 'feed' | 'lease' | 'close'

/** Returns a database with one failing part. */
function databaseWith(part: Part, fail: () => never): StoreDescription {
  const description = new MemoryDatabase().description()
  const failingPart = (opened: OpenedStore): OpenedStore => {
    const { store } = opened
    switch (part) {
      case 'reads':
        return {
          ...opened,
          store: { ...store, initialized: fail, get: fail, summary: fail, readAll: fail },
        }
      case 'writes':
        return { ...opened, store: { ...store, write: fail } }
      case 'feed':
        return { ...opened, feed: { changes: () => ({ [Symbol.asyncIterator]: () => ({ next: fail }) }) } }
      case 'lease':
        return { ...opened, lease: { acquire: fail, release: fail } }
      case 'close':
        return { ...opened, store: { ...store, close: fail } }
      default:
        return part satisfies never
    }
  }
  return { ...description, writers: 'one', open: (context) => failingPart(description.open(context)) }
}

/** The uses of a database, and the parts that each use calls. */
const uses: readonly (readonly [string, readonly Part[], (store: StoreDescription) => DataSystemConfig])[] = [
  ['alone, read lazily', ['reads', 'feed', 'close'], (store) => presets.daemon(store)],
  [
    'alone, read as a whole',
    ['reads', 'feed', 'close'],
    (store) => presets.daemon({ ...store, reads: 'snapshot' }),
  ],
  [
    'beside a source',
    ['reads', 'writes', 'feed', 'lease', 'close'],
    (store) => {
      const data = new TestData({ flags: [serving('a', 1)] })
      return presets.custom({ initializers: [], synchronizers: [data.synchronizer()], store })
    },
  ],
]

describe.each(Object.entries(failing))('(S135, S136) a database that %s', (_, { fail, reason }) => {
  const cases = uses.flatMap(([use, parts, plan]) => parts.map((part) => ({ use, part, plan })))

  it.each(cases)('$part: $use', async ({ part, plan }) => {
    const clock = new VirtualClock()
    const { log, logger } = notes()
    const system = createDataSystem(SDK_KEY, plan(databaseWith(part, fail)), { clock, logger })
    let closed = false
    onTestFinished(() => expect(closed).toBe(true))
    await clock.advance(60_000)
    const lastError = system.storeStatus?.current.lastError?.message
    const closing = system.close()
    await clock.advance(10_000)
    await closing
    closed = true
    expect([...log, lastError].join('\n')).toContain(reason)
  })
})

describe.each(Object.entries(nonsense))('(S178) a database that returns %s', (_, call) => {
  const cases = uses.flatMap(([use, parts, plan]) => parts.map((part) => ({ use, part, plan })))

  it.each(cases)(
    'does not keep the rest from working or closing; $part: $use',
    async ({ part, plan, use }) => {
      const clock = new VirtualClock()
      const { log, logger } = notes()
      const system = createDataSystem(SDK_KEY, plan(databaseWith(part, call as () => never)), {
        clock,
        logger,
      })
      await clock.advance(60_000)
      if (use === 'beside a source') expect(system.flag('a')).toBeDefined()
      let closed = false
      const closing = system.close().then(() => {
        closed = true
      })
      await clock.advance(20_000)
      expect(closed).toBe(true)
      await closing
      expect(log.join('\n')).not.toMatch(/stopped|Cannot read prop|is not a function/)
    },
  )
})
