import { compact } from '../../options/compact.ts'
import { readValues } from '../../options/read-values.ts'
import * as forms from '../../options/value-forms.ts'
import { LOCAL_TTL, type RelayStoreConfig, type StoreModule } from '../store-module.ts'
import { DYNAMODB_ADDRESS } from './address.ts'
import { PEER } from './connection.ts'
import { dynamodbStore } from './dynamodb-store.ts'
import type { DynamodbOptions } from './relay-option-types.ts'

export interface DynamodbConfig
  extends Omit<DynamodbOptions, 'tableName' | 'localTtlMs'>,
    Omit<RelayStoreConfig, 'type'> {}

export const DYNAMODB: StoreModule<DynamodbConfig> = {
  type: 'dynamodb',
  peer: PEER,
  section: {
    title: 'DynamoDB',
    options: [
      {
        name: 'enabled',
        variable: 'USE_DYNAMODB',
        form: forms.boolean,
        description: 'If true, the relay uses DynamoDB.',
      },
      {
        name: 'tableName',
        variable: 'DYNAMODB_TABLE',
        path: 'tableName',
        form: forms.table,
        description: 'Table of the environments that have none of their own.',
      },
      {
        name: 'url',
        variable: 'DYNAMODB_URL',
        path: 'url',
        form: forms.httpUrl,
        description: "URL of a service with the API of DynamoDB. Default: Amazon's.",
      },
      LOCAL_TTL,
    ],
    ignored: [],
  },
  addresses: [],
  hasTables: true,
  isTree: false,
  address: DYNAMODB_ADDRESS,
  read(section, findings) {
    const { tableName, ...store } = readValues<DynamodbValues>(DYNAMODB.section, section, findings)
    return compact({ store: { type: 'dynamodb', ...store }, tableName })
  },
  prefixProblem: () => undefined,
  describe: ({ localTtlMs, url }, { prefix, tableName = '' }) =>
    dynamodbStore({
      cacheTtlMs: localTtlMs,
      tableName,
      ...(prefix !== undefined && { prefix }),
      ...(url && { clientOptions: { endpoint: url } }),
    }),
  openJournal: () => undefined,
}

interface DynamodbValues extends Omit<DynamodbOptions, 'type' | 'localTtlMs'> {
  readonly localTtlMs: number
}
