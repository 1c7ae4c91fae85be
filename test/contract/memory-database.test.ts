import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { persistentStoreContract } from './persistent-store.ts'

const databases = new Map<string, MemoryDatabase>()

persistentStoreContract('memory', () => ({
  describe(prefix) {
    const database = databases.get(prefix) ?? new MemoryDatabase()
    databases.set(prefix, database)
    return database.description()
  },
}))
