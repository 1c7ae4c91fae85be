import {
  databaseTarget,
  type InspectedStore,
  parseUrl,
  prefixOf,
  StoreAddressError,
  secretOf,
} from '../inspected-store.ts'
import { consulStore } from './consul-store.ts'

/** Maximum size of the text of a row, which Consul limits to 512 KiB. */
const MAX_ROW_BYTES = 512 * 1_024

export const CONSUL_ADDRESS: InspectedStore = {
  schemes: ['consul', 'consuls'],
  usage: [['consul://[:TOKEN@]HOST[:PORT]', 'consuls:// for HTTPS']],
  variables: ['CONSUL_HTTP_TOKEN'],
  parse(text, context) {
    const url = parseUrl(text, 'consul://HOST:PORT', ['prefix'])
    if (url.username) {
      throw new StoreAddressError(
        'cannot parse STORE; expected the token as a password: consul://:TOKEN@HOST:PORT',
      )
    }
    const token = decodeURIComponent(url.password) || secretOf(context.env.CONSUL_HTTP_TOKEN)
    const protocol = url.protocol === 'consuls:' ? 'https' : 'http'
    const options = {
      url: `${protocol}://${url.hostname}:${url.port || '8500'}${url.pathname}`,
      ...(token && { token }),
      ...prefixOf(url, context),
    }
    return {
      options,
      async open() {
        return { ...databaseTarget(consulStore(options)), maxRowBytes: MAX_ROW_BYTES }
      },
    }
  },
}
