import { parseRedisUrl, type RedisNode } from '../../store/redis/options.ts'
import { redisUrlProblem } from '../../store/redis/redis-url-problem.ts'
import { count, type Form, host, portOf } from './forms.ts'

export const redisUrl: Form<string> = {
  expected: 'a redis: or rediss: URL',
  explain: redisUrlProblem,
  read: (value) => (typeof value === 'string' && parseRedisUrl(value) ? value : undefined),
}

/** Where Docker and Kubernetes link to a Redis, `REDIS_PORT` is not a port but an address. */
export interface RedisPort {
  readonly host?: string
  readonly port: number
}

export const redisPort: Form<RedisPort> = {
  expected: 'a port, 1 to 65535, or tcp://host:port',
  isNumber: true,
  read(value) {
    const [, linked, digits] = /^tcp:\/\/([^\s:/@]+):(\d+)$/.exec(String(value)) ?? []
    const number = portOf(digits ?? value, 1)
    return number === undefined ? undefined : { ...(linked !== undefined && { host: linked }), port: number }
  },
}

export const redisDatabase: Form<number> = {
  ...count,
  read: (value) => (value === Infinity ? undefined : count.read(value)),
}

/** Nodes of Redis, in a file or a variable separated by commas; one without a port has this one. */
export function redisNodes(defaultPort: number): Form<readonly RedisNode[]> {
  return {
    expected: `nodes as host:port, separated by commas (${defaultPort} where there is no port)`,
    read(value) {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value]
      const nodes = list
        .flatMap((each) => (typeof each === 'string' ? each.split(',').map((text) => text.trim()) : [each]))
        .map((each) => (typeof each === 'string' ? nodeOf(each, defaultPort) : givenNode(each)))
      const known = nodes.filter((node) => node !== undefined)
      return known.length > 0 && known.length === nodes.length ? known : undefined
    },
  }
}

function nodeOf(text: string, defaultPort: number): RedisNode | undefined {
  const [, name = '', digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text) ?? []
  return givenNode({ host: name, port: digits === undefined ? defaultPort : Number(digits) })
}

function givenNode(value: unknown): RedisNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const node = value as Partial<Record<keyof RedisNode, unknown>>
  const [name, number] = [host.read(node.host), portOf(node.port, 1)]
  return name === undefined || number === undefined ? undefined : { host: name, port: number }
}
