import type { Option, OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'
import { LOCAL_TTL } from '../store-module.ts'
import { parseRedisUrl, type RedisNode } from './options.ts'
import type { RedisPort } from './read-relay-options.ts'
import { redisUrlProblem } from './redis-url-problem.ts'

const redisUrl: forms.Form<string> = {
  expected: 'a redis: or rediss: URL',
  type: 'string',
  explain: redisUrlProblem,
  read: (value) => (typeof value === 'string' && parseRedisUrl(value) ? value : undefined),
}

const redisPort: forms.Form<RedisPort> = {
  expected: 'a port, 1 to 65535, or tcp://host:port',
  type: 'number',
  isNumber: true,
  read(value) {
    const [, linked, digits] = /^tcp:\/\/([^\s:/@]+):(\d+)$/.exec(String(value)) ?? []
    const number = forms.portOf(digits ?? value, 1)
    return number === undefined ? undefined : { ...(linked !== undefined && { host: linked }), port: number }
  },
}

const databaseNumber: forms.Form<number> = {
  ...forms.count,
  read: (value) => (value === Infinity ? undefined : forms.count.read(value)),
}

/** Returns the form of a list of nodes. A file or variable separates them by commas. */
export function redisNodes(defaultPort: number): forms.Form<readonly RedisNode[]> {
  return {
    expected: `nodes as host:port, separated by commas (default port ${defaultPort})`,
    type: 'readonly { readonly host: string; readonly port: number }[]',
    read(value) {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value]
      const nodes = list
        .flatMap((each) => (typeof each === 'string' ? each.split(',').map((part) => part.trim()) : [each]))
        .map((each) => (typeof each === 'string' ? parseNode(each, defaultPort) : checkNode(each)))
      const known = nodes.filter((node) => node !== undefined)
      return known.length > 0 && known.length === nodes.length ? known : undefined
    },
  }
}

function parseNode(node: string, defaultPort: number): RedisNode | undefined {
  const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(node) ?? []
  return checkNode({ host: name, port: digits === undefined ? defaultPort : Number(digits) })
}

function checkNode(value: unknown): RedisNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const node = value as Partial<Record<keyof RedisNode, unknown>>
  const [name, number] = [forms.host.read(node.host), forms.portOf(node.port, 1)]
  return name === undefined || number === undefined ? undefined : { host: name, port: number }
}

const NO_SENTINELS = { option: 'sentinels', otherwise: 'no sentinels are configured' }

const OPTIONS: readonly Option[] = [
  {
    name: 'enabled',
    variable: 'USE_REDIS',
    form: forms.boolean,
    description: 'If true, the relay uses Redis.',
  },
  {
    name: 'host',
    variable: 'REDIS_HOST',
    path: 'host',
    form: forms.host,
    impliedDefault: 'localhost',
    description: 'Host of a single server.',
  },
  {
    name: 'port',
    variable: 'REDIS_PORT',
    path: 'port',
    form: redisPort,
    impliedDefault: 6_379,
    description: 'Port of a single server. A container link, `tcp://host:port`, replaces `host` too.',
  },
  {
    name: 'url',
    variable: 'REDIS_URL',
    path: 'url',
    form: redisUrl,
    description:
      'URL of a single server in place of `host` and `port`: `redis://` or `rediss://`, with user, password and database number. A relay that cannot select that database exits with code 1.',
  },
  {
    name: 'clusterNodes',
    variable: 'REDIS_CLUSTER_NODES',
    path: 'clusterNodes',
    form: redisNodes(6_379),
    isList: true,
    description:
      'Nodes of a Redis Cluster in place of `host` and `port`: `host:port`, separated by commas. Each prefix then needs a hash tag, such as `{ld:production}`.',
  },
  {
    name: 'sentinels',
    variable: 'REDIS_SENTINELS',
    path: 'sentinels',
    form: redisNodes(26_379),
    isList: true,
    description:
      'Sentinels in place of `host` and `port`: `host:port`, separated by commas (default port 26379). Requires `sentinelMaster`.',
  },
  {
    name: 'sentinelMaster',
    variable: 'REDIS_SENTINEL_MASTER',
    path: 'sentinelMaster',
    form: forms.text,
    description: 'Name of the master that the Sentinels monitor.',
  },
  {
    name: 'sentinelUsername',
    variable: 'REDIS_SENTINEL_USERNAME',
    path: 'sentinelUsername',
    form: forms.secret,
    needs: NO_SENTINELS,
    description: 'User name for the Sentinels; `username` is that for the master.',
  },
  {
    name: 'sentinelPassword',
    variable: 'REDIS_SENTINEL_PASSWORD',
    path: 'sentinelPassword',
    form: forms.secret,
    needs: NO_SENTINELS,
    description: 'Password for the Sentinels.',
  },
  {
    name: 'database',
    variable: 'REDIS_DATABASE',
    path: 'database',
    form: databaseNumber,
    impliedDefault: 0,
    description: 'Database number, if no `url` contains it.',
  },
  {
    name: 'tls',
    variable: 'REDIS_TLS',
    path: 'tls',
    form: forms.boolean,
    impliedDefault: false,
    description: 'If true, connections use TLS, as with `rediss:`.',
  },
  {
    name: 'username',
    variable: 'REDIS_USERNAME',
    path: 'username',
    form: forms.secret,
    description: 'User name.',
  },
  {
    name: 'password',
    variable: 'REDIS_PASSWORD',
    path: 'password',
    form: forms.secret,
    description: 'Password.',
  },
  {
    name: 'caFile',
    variable: 'REDIS_CA_FILE',
    path: 'caFile',
    form: forms.file,
    description: 'Path of a PEM file with the certificate authority to trust. Only with TLS.',
  },
  {
    name: 'clientCertificateFile',
    variable: 'REDIS_CLIENT_CERT_FILE',
    path: 'certFile',
    form: forms.file,
    description: 'Path of a PEM file with the client certificate. Only with TLS, and with its key.',
  },
  {
    name: 'clientKeyFile',
    variable: 'REDIS_CLIENT_KEY_FILE',
    path: 'keyFile',
    form: forms.file,
    description: 'Path of a PEM file with the key of the client certificate.',
  },
  LOCAL_TTL,
]

export const REDIS_SECTION: OptionSection = {
  title: 'Redis',
  options: OPTIONS,
  ignored: [
    {
      name: 'atomicUpsert',
      variable: 'REDIS_ATOMIC_UPSERT',
      isNotNeeded: true,
      reason: 'every write is atomic: by a script, or by WATCH for users that may not run scripts',
    },
    {
      name: 'connectTimeout',
      variable: 'REDIS_CONNECT_TIMEOUT',
      reason: 'a connection may take 5 s, and is tried again; memory is served meanwhile',
    },
    {
      name: 'readTimeout',
      variable: 'REDIS_READ_TIMEOUT',
      reason:
        'a check may take 10 s, a read or a write 30 s, and each is tried again; memory is served meanwhile',
    },
  ],
}
