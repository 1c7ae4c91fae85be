import { compact } from '../compact.ts'
import { readValues } from '../findings.ts'
import * as forms from '../forms.ts'
import { type Database, LOCAL_TTL } from './database.ts'
import type { DynamodbOptions } from './option-types.ts'

export const DYNAMODB: Database = {
  type: 'dynamodb',
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
  read(section, findings) {
    const { tableName, ...store } = readValues<DynamodbValues>(DYNAMODB.section, section, findings)
    return compact({ store: { type: 'dynamodb', ...store }, tableName })
  },
  prefixProblem: () => undefined,
}

interface DynamodbValues extends Omit<DynamodbOptions, 'type' | 'localTtlMs'> {
  readonly localTtlMs: number
}
