export { type DynamodbStoreDescription, dynamodbStore } from './dynamodb-store.ts'
export type { DynamodbStoreOptions } from './settings.ts'
