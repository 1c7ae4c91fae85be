import { afterAll } from 'vitest'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { hurried } from '../store/dynamodb/opened.ts'
import { startDynalite } from '../support/dynalite.ts'
import { persistentStoreContract } from './persistent-store.ts'

const database = await startDynalite()
await database.createTable('flags')
afterAll(() => database.close())

persistentStoreContract(
  'DynamoDB',
  () => ({
    describe(prefix) {
      const { clientOptions } = database
      const description = dynamodbStore({ tableName: 'flags', prefix, clientOptions })
      return { ...description, open: (context) => description.open({ ...context, clock: hurried }) }
    },
  }),
  'x'.repeat(410_000),
)
