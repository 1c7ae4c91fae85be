import { Queue } from '../async/queue.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { ChangeSet } from '../model/change-set.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { TestData } from './test-data.ts'

export function testDataInitializer(data: TestData): Initializer {
  return {
    name: 'test data initializer',
    async *fetch(): AsyncGenerator<SourceResult> {
      yield resultOf(data.full())
    },
  }
}

export function testDataSynchronizer(data: TestData): Synchronizer {
  return {
    name: 'test data',
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      if (signal.aborted) return
      const later = new Queue<SourceResult>()
      const unsubscribe = data.subscribe((changeSet) => later.push(resultOf(changeSet)))
      const end = (): void => later.close()
      signal.addEventListener('abort', end)
      try {
        yield resultOf(data.full())
        yield* later
      } finally {
        signal.removeEventListener('abort', end)
        unsubscribe()
      }
    },
  }
}

function resultOf(changeSet: ChangeSet): SourceResult {
  return { type: 'changeSet', changeSet }
}
