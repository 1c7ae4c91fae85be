import { baseUrlFault } from '../../transport/base-url.ts'
import {
  databaseTarget,
  type InspectedStore,
  parseUrl,
  prefixOf,
  StoreAddressError,
} from '../inspected-store.ts'
import { dynamodbStore } from './dynamodb-store.ts'

/** Maximum size of the text of a row: an item may have 400 KiB, of which names and keys need a few hundred bytes. */
const MAX_ROW_BYTES = 400 * 1_024

export const DYNAMODB_ADDRESS: InspectedStore = {
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
        return { ...databaseTarget(dynamodbStore(options)), maxRowBytes: MAX_ROW_BYTES }
      },
    }
  },
}
