import { SIDECAR } from '../../layout/row.ts'
import { compact } from '../../options/compact.ts'
import { readValues } from '../../options/read-values.ts'
import * as forms from '../../options/value-forms.ts'
import { baseUrlFault } from '../../transport/base-url.ts'
import {
  databaseTarget,
  type InspectedStore,
  parseUrl,
  prefixOf,
  StoreAddressError,
} from '../inspected-store.ts'
import { type EnvironmentRows, LOCAL_TTL, type RelayStoreConfig, type StoreModule } from '../store-module.ts'
import { dynamodbBigSegmentStore, openDynamodbBigSegmentDatabase } from './big-segments.ts'
import { DynamodbConnection, PEER } from './connection.ts'
import { dynamodbStore } from './dynamodb-store.ts'
import { attributesOf } from './items.ts'
import { checkDynamodbOptions, type DynamodbStoreOptions } from './options.ts'
import type { DynamodbOptions } from './relay-option-types.ts'
import { Table } from './table.ts'

/** Maximum size of the text of a row: an item may have 400 KiB, of which names and keys need a few hundred bytes. */
const MAX_ROW_BYTES = 400 * 1_024

const DYNAMODB_ADDRESS: InspectedStore = {
  schemes: ['dynamodb'],
  usage: [['dynamodb://TABLE[?region=R&endpoint=URL]', 'region and credentials as the AWS SDK finds them']],
  variables: ['those of the AWS SDK'],
  parse(text, context) {
    const url = parseUrl(text, 'dynamodb://TABLE', ['prefix', 'region', 'endpoint'])
    if (url.username || url.password || url.port || !['', '/'].includes(url.pathname)) {
      throw new StoreAddressError(
        'cannot parse STORE; expected dynamodb://TABLE with nothing else before "?"',
      )
    }
    const region = url.searchParams.get('region')
    const endpoint = url.searchParams.get('endpoint')
    const fault = endpoint ? baseUrlFault(endpoint) : undefined
    if (fault !== undefined) throw new StoreAddressError(`cannot parse STORE; expected as endpoint ${fault}`)
    const options = {
      tableName: decodeURIComponent(url.hostname),
      ...prefixOf(url, context),
      clientOptions: { ...(region && { region }), ...(endpoint && { endpoint }) },
    }
    return {
      options,
      async open() {
        const target = databaseTarget(dynamodbStore(options), dynamodbBigSegmentStore(options))
        return { ...target, maxRowBytes: MAX_ROW_BYTES }
      },
    }
  },
}

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
  hasTexts: true,
  address: DYNAMODB_ADDRESS,
  read(section, collector) {
    const { tableName, ...store } = readValues<DynamodbValues>(DYNAMODB.section, section, collector)
    return compact({ store: { type: 'dynamodb', ...store }, tableName })
  },
  prefixProblem: () => undefined,
  describe: (config, environment) => dynamodbStore(storeOptions(config, environment)),
  openJournal: () => undefined,
  openBigSegments: (config, environment, context) =>
    openDynamodbBigSegmentDatabase(storeOptions(config, environment), context),
  openText(config, { key, tableName = '' }, { clock }) {
    const settings = checkDynamodbOptions(storeOptions(config, { tableName }))
    const connection = new DynamodbConnection(settings, clock)
    const table = new Table(connection)
    // Items of Halyard are in a separate partition, which no prefix of an environment has.
    const place = { namespace: key, key: SIDECAR }
    return {
      name: `DynamoDB table "${tableName}"`,
      read: async (signal) => (await table.get(place, 'strong', signal))?.item?.S,
      write: async (text, signal) => {
        await table.put({ Item: { ...attributesOf(place), item: { S: text } } }, signal)
      },
      close: async () => connection.close(),
    }
  },
}

function storeOptions(
  { localTtlMs, url }: DynamodbConfig,
  { prefix, tableName = '' }: EnvironmentRows,
): DynamodbStoreOptions {
  return {
    cacheTtlMs: localTtlMs,
    tableName,
    ...(prefix !== undefined && { prefix }),
    ...(url && { clientOptions: { endpoint: url } }),
  }
}

interface DynamodbValues extends Omit<DynamodbOptions, 'type' | 'localTtlMs'> {
  readonly localTtlMs: number
}
