import { redisUrlProblem } from './redis-url-problem.ts'

/** What a URL says about where Redis is, and who is let in. */
export interface RedisUrl {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db?: number
  readonly secure: boolean
}

/** Reads `redis[s]://[[user]:password@]host[:port][/db]`; `undefined` for anything else. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const url = redisUrlProblem(text) === undefined ? URL.parse(text) : null
  if (!url) return undefined
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  const db = url.pathname.slice(1)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(db !== '' && { db: Number(db) }),
    secure: url.protocol === 'rediss:',
  }
}
