import type { RedisServer } from '../support/redis-server.ts'

/** A user who may not run scripts. {@link addUnscripted} adds it to a server. */
export const UNSCRIPTED = { username: 'unscripted', password: 'secret' } as const

export function addUnscripted(server: RedisServer): Promise<unknown> {
  return server.as((client) =>
    client.call('ACL', 'SETUSER', 'unscripted', 'on', '>secret', '~*', '&*', '+@all', '-@scripting'),
  )
}
