import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { CA, certificate } from '../../support/certificates.ts'
import { listen } from '../../support/listen.ts'
import {
  describeWithRedis,
  type RedisServer,
  startTlsRedis,
  startTlsSentinel,
} from '../../support/redis-server.ts'
import { freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openRedis, textsOf } from './opened.ts'

describeWithRedis('Redis over TLS', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startTlsRedis()
  })
  afterAll(() => server?.stop())

  it('(D21) encrypts and verifies connections to rediss: addresses, for calls and for the feed', async () => {
    const url = `rediss://localhost:${server.port}`
    const opened = openRedis({ url, prefix: freshPrefix(), tls: { ca: CA } })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 1).text]]))
  })

  it('encrypts connections to a host and port with tls, and sends a client certificate', async () => {
    const tls = { ca: CA, ...certificate('client') }
    const { store } = openRedis({ host: 'localhost', port: server.port, prefix: freshPrefix(), tls })
    expect(await store.initialized(never)).toBe(false)
    const redisOpts = { host: 'localhost', port: server.port, tls: { ca: CA } }
    expect(await openRedis({ redisOpts }).store.initialized(never)).toBe(false)
  })

  it('(D21) refuses an untrusted certificate and explains what to do', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    onTestFinished(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    })
    const options = [
      { url: `rediss://localhost:${server.port}` },
      { redisOpts: { host: 'localhost', port: server.port, tls: {} } },
    ]
    for (const each of options) {
      await expect(openRedis(each).store.initialized(never)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/certificate is not trusted.*tls\.ca/) as unknown,
      })
    }
    const unverified = openRedis({ host: 'localhost', port: server.port, tls: { verify: 'never' } })
    expect(await unverified.store.initialized(never)).toBe(false)
  })

  it('refuses a host name that is not in the certificate', async () => {
    const other = await startTlsRedis('wrong-host')
    onTestFinished(() => other.stop())
    const url = `rediss://localhost:${other.port}`
    await expect(openRedis({ url, tls: { ca: CA } }).store.initialized(never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('tls.servername') as unknown,
    })
    const named = openRedis({ url, tls: { ca: CA, servername: 'flags.example.test' } })
    expect(await named.store.initialized(never)).toBe(false)
  })

  it('(D21) encrypts and verifies connections to Sentinels and their master', async () => {
    const sentinel = await startTlsSentinel('flags', server)
    onTestFinished(() => sentinel.stop())
    const place = { sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'flags' }
    const opened = openRedis({ ...place, prefix: freshPrefix(), tls: { ca: CA } })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await expect(openRedis({ ...place, tls: {} }).store.initialized(never)).rejects.toMatchObject({
      name: 'StoreError',
    })
  })
})
