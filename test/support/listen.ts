import { onTestFinished } from 'vitest'
import type { OpenedStore, StoreChange } from '../../src/model/persistent-store.ts'

/** Reads the events of a feed one after the other. Ends with the test, or when it is stopped. */
export function listen({ feed }: Pick<OpenedStore, 'feed'>): {
  readonly next: () => Promise<StoreChange | 'end'>
  readonly stop: () => void
} {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const changes = feed.changes(controller.signal)[Symbol.asyncIterator]()
  return {
    next: async () => {
      const { done, value } = await changes.next()
      return done ? 'end' : value
    },
    stop: () => controller.abort(),
  }
}
