import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { runRelayCommand } from '../support/relay-command.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { running } from './running.ts'

const KEY = 'sdk-of-operators-0b5e'

describeWithRedis('a database that the commands cannot select', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ databases: '16' })
    await server.as((client) =>
      client.call('ACL', 'SETUSER', 'confined', 'on', '>secret', '~*', '&*', '+@all', '-select'),
    )
  })
  afterAll(() => server.stop())

  const urls = (): readonly (readonly [url: string, reason: string])[] => [
    [`${server.url}/99`, 'the server does not have database 99'],
    [`redis://confined:secret@127.0.0.1:${server.port}/3`, 'the user may not select database 3'],
  ]

  it('(S181) the relay exits with 1 and the reason, and does not touch database 0', async () => {
    const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
    for (const [url, reason] of urls()) {
      const { code, output } = await runRelayCommand(['--from-env'], {
        LD_ENV_one: KEY,
        PORT: '0',
        HALYARD_RELAY_HOST: '127.0.0.1',
        BASE_URI: service.url,
        STREAM_URI: service.url,
        // The service sends data; the database alone is the reason to exit.
        IGNORE_CONNECTION_ERRORS: '1',
        LD_PREFIX_one: 'one',
        USE_REDIS: '1',
        REDIS_URL: url,
      })
      expect(code).toBe(1)
      expect(output).toContain('the configured database cannot be used; the relay exits')
      expect(output).toContain(reason)
      expect(output).not.toContain('secret@')
    }
    expect(await server.as((client) => client.keys('*'))).toEqual([])
  })

  it('(S181) inspect exits with 2 and the reason', async () => {
    for (const [url, reason] of urls()) {
      const { status, stderr } = await running(['inspect', url])
      expect(status).toBe(2)
      expect(stderr).toContain(reason)
    }
  })
})
