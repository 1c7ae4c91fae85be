import { UsageError } from '../../arguments.ts'
import { databaseTarget, type InspectedStore, parseUrl, prefixOf, secretOf } from '../target.ts'

/** Maximum size of the text of a row, which Consul limits to 512 KiB. */
const MAX_ROW_BYTES = 512 * 1_024

export const consul: InspectedStore = {
  schemes: ['consul', 'consuls'],
  usage: [['consul://[:TOKEN@]HOST[:PORT]', 'consuls:// for HTTPS']],
  variables: ['CONSUL_HTTP_TOKEN'],
  parse(text, context) {
    const url = parseUrl(text, 'consul://HOST:PORT', ['prefix'])
    if (url.username) {
      throw new UsageError('cannot parse STORE; expected the token as a password: consul://:TOKEN@HOST:PORT')
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
        const { consulStore } = await import('../../../store/consul/consul-store.ts')
        return { ...databaseTarget(consulStore(options)), maxRowBytes: MAX_ROW_BYTES }
      },
    }
  },
}
