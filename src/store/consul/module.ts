import { readFileSync } from 'node:fs'
import { SIDECAR } from '../../layout/row.ts'
import { readValues } from '../../options/read-values.ts'
import * as forms from '../../options/value-forms.ts'
import { readAddress } from '../../transport/base-url.ts'
import {
  databaseTarget,
  type InspectedStore,
  parseUrl,
  prefixOf,
  StoreAddressError,
  secretOf,
} from '../inspected-store.ts'
import { LOCAL_TTL, type RelayStoreConfig, type StoreModule } from '../store-module.ts'
import { consulStore } from './consul-store.ts'
import { addressFault, fitsUrl } from './options.ts'
import type { ConsulOptions } from './relay-option-types.ts'

/** Maximum size of the text of a row, which Consul limits to 512 KiB. */
const MAX_ROW_BYTES = 512 * 1_024

const CONSUL_ADDRESS: InspectedStore = {
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

const agentAddress: forms.Form<string> = {
  expected: 'host:port, or an http or https URL without user, password, query and fragment',
  type: 'string',
  explain(value) {
    const fault = addressFault(value)
    return fault && `host:port, or ${fault}`
  },
  read(value) {
    if (typeof value !== 'string' || value === '') return undefined
    const hasPort = value.includes('://') || /:\d+$/.test(value)
    return readAddress(hasPort ? value : `${value}:8500`, 'http')
  },
}

export interface ConsulConfig
  extends Omit<ConsulOptions, 'url' | 'localTtlMs'>,
    Omit<RelayStoreConfig, 'type'> {
  readonly url: string
}

export const CONSUL: StoreModule<ConsulConfig> = {
  type: 'consul',
  peer: undefined,
  section: {
    title: 'Consul',
    options: [
      {
        name: 'enabled',
        variable: 'USE_CONSUL',
        form: forms.boolean,
        description: 'If true, the relay uses Consul.',
      },
      {
        name: 'host',
        variable: 'CONSUL_HOST',
        path: 'url',
        form: agentAddress,
        default: 'http://localhost:8500',
        description: 'Address of the agent: `host`, `host:port` or a URL.',
      },
      {
        name: 'token',
        variable: 'CONSUL_TOKEN',
        path: 'token',
        form: forms.credential,
        description: 'ACL token.',
      },
      {
        name: 'tokenFile',
        variable: 'CONSUL_TOKEN_FILE',
        path: 'tokenFile',
        form: forms.file,
        description: 'Path of a file with the ACL token, in place of `token`.',
      },
      LOCAL_TTL,
    ],
    ignored: [],
  },
  addresses: ['host'],
  hasTables: false,
  isTree: true,
  hasTexts: false,
  address: CONSUL_ADDRESS,
  read(section, collector) {
    const values = readValues<Omit<ConsulConfig, 'type'>>(CONSUL.section, section, collector)
    const [token, tokenFile] = ['token', 'tokenFile'].map((name) => section?.settings.get(name))
    if (token && tokenFile)
      collector.refuse(tokenFile.place, 'a token or a tokenFile', `both (${token.place})`)
    return { store: { type: 'consul', ...values } }
  },
  prefixProblem(_, prefix) {
    if (prefix.split(/[:/]/).includes(SIDECAR)) return undefined
    if (SIDECAR.startsWith(prefix)) {
      return `a prefix that is not the beginning of ${SIDECAR}, which is reserved for Halyard`
    }
    return fitsUrl(prefix) ? undefined : 'a path without empty segments and dot segments'
  },
  describe({ localTtlMs, url, token, tokenFile }, { prefix }) {
    const secret = token ?? (tokenFile && readFileSync(tokenFile, 'utf8').trim())
    return consulStore({
      cacheTtlMs: localTtlMs,
      url,
      ...(prefix !== undefined && { prefix }),
      ...(secret && { token: secret }),
    })
  },
  openJournal: () => undefined,
  openBigSegments: () => undefined,
  openText: () => undefined,
}
