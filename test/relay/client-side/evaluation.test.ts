import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Flag } from '../../../src/model/flag.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { put } from '../../support/origin.ts'
import { constant } from '../../support/stored.ts'
import { ask, keyed, NOWHERE, start } from '../starting.ts'
import { base64, ENV_ID, ENVIRONMENT } from './starting.ts'
import { FOR_ALL, mobile, send, startForClients, USER } from './starting-clients.ts'

const FLAGS: Record<string, Flag> = {
  everywhere: constant('everywhere', 3, 'everywhere', FOR_ALL),
  server: constant('server', 4, 'server', {
    clientSideAvailability: { usingMobileKey: false, usingEnvironmentId: false },
  }),
  old: constant('old', 5, 'old'),
}

const PATH = `/sdk/evalx/contexts/${base64(USER)}`

describe('evaluated flags over FDv1', () => {
  it('(CS1.1, CS1.2) answers each kind of client with the flags that it may see', async () => {
    const older = constant('older', 6, 'older', { clientSide: true })
    const { relay } = await startForClients({ flags: { ...FLAGS, older } })
    const server = await ask(relay, PATH, keyed)
    expect(server.status).toBe(200)
    expect(server.headers.get('content-type')).toBe('application/json')
    expect(server.body).toEqual({
      everywhere: { value: 'everywhere', variation: 0, version: 3 },
      server: { value: 'server', variation: 0, version: 4 },
      old: { value: 'old', variation: 0, version: 5 },
      older: { value: 'older', variation: 0, version: 6 },
    })
    const { body } = await ask(relay, `/msdk/evalx/users/${base64(USER)}`, mobile)
    expect(Object.keys(body)).toEqual(['everywhere', 'old', 'older'])
    const browser = await ask(relay, `/sdk/evalx/${ENV_ID}/contexts/${base64(USER)}`)
    expect(Object.keys(browser.body)).toEqual(['everywhere', 'older'])
  })

  it('(S95.5) names the client-side ID of the configuration if the service sends none', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    for (const path of [PATH, '/sdk/flags'])
      expect((await ask(relay, path, keyed)).headers.get('x-ld-envid')).toBe(ENV_ID)
  })

  it.each([
    ['/sdk/evalx/context', keyed],
    ['/sdk/evalx/users', keyed],
    ['/msdk/evalx/user', mobile],
    ['/msdk/evalx/contexts', mobile],
    [`/sdk/evalx/${ENV_ID}/context`, {}],
  ])('(CS2.2, CS2.3) reads a context or a legacy user from the body at %s', async (path, credential) => {
    const { relay } = await startForClients({ flags: FLAGS })
    const headers = { ...credential, 'content-type': 'application/json; charset=utf-8' }
    for (const context of [
      USER,
      { key: 'u-1' },
      { kind: 'multi', user: { key: 'u-1' }, org: { key: 'o-1' } },
    ]) {
      const sent = await send(relay, path, { headers, body: JSON.stringify(context) })
      expect(sent).toMatchObject({ status: 200, body: { everywhere: { value: 'everywhere' } } })
    }
  })

  it('(CS3.1, CS3.2) adds reasons if they are requested, and always for experiments and tracked rules', async () => {
    const flags: Record<string, Flag> = {
      plain: constant('plain', 1, { deep: [1] }),
      off: { key: 'off', version: 2, on: false, variations: [1], debugEventsUntilDate: 0 },
      tracked: constant('tracked', 3, 1, {
        trackEventsFallthrough: true,
        debugEventsUntilDate: 1_900_000_000_000,
      }),
      dependent: constant('dependent', 4, 1, {
        trackEvents: true,
        prerequisites: [{ key: 'plain', variation: 0 }],
      }),
      experiment: {
        ...constant('experiment', 5, 1),
        fallthrough: { rollout: { kind: 'experiment', variations: [{ variation: 0, weight: 100_000 }] } },
      },
    }
    const { relay } = await startForClients({ flags })
    const tracked = { trackEvents: true, trackReason: true }
    expect((await ask(relay, PATH, keyed)).body).toEqual({
      plain: { value: { deep: [1] }, variation: 0, version: 1 },
      off: { value: null, variation: null, version: 2 },
      tracked: {
        ...tracked,
        value: 1,
        variation: 0,
        version: 3,
        reason: { kind: 'FALLTHROUGH' },
        debugEventsUntilDate: 1_900_000_000_000,
      },
      dependent: { value: 1, variation: 0, version: 4, trackEvents: true, prerequisites: ['plain'] },
      experiment: {
        ...tracked,
        value: 1,
        variation: 0,
        version: 5,
        reason: { kind: 'FALLTHROUGH', inExperiment: true },
      },
    })
    const { body } = await ask(relay, `${PATH}?withReasons=true`, keyed)
    expect(body.off.reason).toEqual({ kind: 'OFF' })
    expect(body.plain.reason).toEqual({ kind: 'FALLTHROUGH' })
    expect((await ask(relay, `${PATH}?withReasons=1`, keyed)).body.plain.reason).toBeUndefined()
  })

  it('(CS1.3) evaluates a prerequisite that the client cannot see', async () => {
    const flags = {
      ...FLAGS,
      dependent: constant('dependent', 1, 'yes', {
        ...FOR_ALL,
        prerequisites: [{ key: 'server', variation: 0 }],
      }),
    }
    const { relay } = await startForClients({ flags })
    const { body } = await ask(relay, `/sdk/evalx/${ENV_ID}/contexts/${base64(USER)}`)
    expect(body.dependent).toEqual({ value: 'yes', variation: 0, version: 1, prerequisites: ['server'] })
    expect(body.server).toBeUndefined()
  })

  it('(CS3.4) answers 503 before there is data', async () => {
    const relay = await start({ endpoints: NOWHERE, environments: [ENVIRONMENT], initTimeoutMs: 10 })
    expect(await ask(relay, PATH, keyed)).toMatchObject({
      status: 503,
      body: { message: 'the environment has no data yet' },
    })
    expect((await ask(relay, `/sdk/evalx/${ENV_ID}/contexts/${base64(USER)}`)).status).toBe(503)
  })

  it('(CS3.4) evaluates stored data until the service has sent its data', async () => {
    const snapshotDirectory = mkdtempSync(join(tmpdir(), 'halyard-'))
    onTestFinished(() => rmSync(snapshotDirectory, { recursive: true }))
    const { relay } = await startForClients({ flags: FLAGS }, { snapshotDirectory })
    await expect.poll(() => readdirSync(snapshotDirectory)).not.toEqual([])
    await relay.close()
    const restarted = await start({
      endpoints: NOWHERE,
      environments: [ENVIRONMENT],
      snapshotDirectory,
      initTimeoutMs: 100,
    })
    await restarted.started
    expect(restarted.view.environments[0]?.serving).toBe('stored')
    const { body } = await ask(restarted, `/sdk/evalx/${ENV_ID}/contexts/${base64(USER)}`)
    expect(body).toEqual({ everywhere: { value: 'everywhere', variation: 0, version: 3 } })
  })

  it('(CS3.5) evaluates flags with patterns, and big segments without a store', async () => {
    const clause = (members: object): object => ({
      rules: [{ variation: 1, clauses: [{ attribute: 'key', ...members }] }],
      variations: [false, true],
    })
    const flags = {
      pattern: constant('pattern', 1, false, clause({ op: 'matches', values: ['^u-\\d+$'] })),
      big: constant('big', 1, false, clause({ op: 'segmentMatch', values: ['big'] })),
    }
    const segments = { big: { key: 'big', version: 1, unbounded: true, generation: 1 } }
    const { relay } = await startForClients({ flags, segments })
    const { body } = await ask(relay, `${PATH}?withReasons=true`, keyed)
    expect(body.pattern.value).toBe(true)
    expect(body.big).toMatchObject({
      value: false,
      reason: { kind: 'FALLTHROUGH', bigSegmentsStatus: 'NOT_CONFIGURED' },
    })
  })

  it('keeps a flag with the key __proto__', async () => {
    const flags = JSON.parse(`{"__proto__": ${JSON.stringify(constant('__proto__', 1, 'x'))}}`)
    const { relay } = await startForClients({ flags })
    const { body } = await ask(relay, PATH, keyed)
    expect(Object.entries(body)).toEqual([['__proto__', { value: 'x', variation: 0, version: 1 }]])
  })
})

describe('caches of evaluated flags', () => {
  it('counts evaluated answers, and those to clients that are up to date', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const { headers } = await ask(relay, PATH, keyed)
    await ask(relay, PATH, { ...keyed, 'if-none-match': headers.get('etag') ?? '' })
    const length = Number(headers.get('content-length'))
    expect(relay.view.environments[0]?.traffic).toMatchObject({
      evaluations: 1,
      upToDate: 1,
      full: 0,
      bytesSent: length,
      bytesSaved: length,
    })
  })

  it('(CS6.1, CS6.2) answers 304 until a change concerns the client', async () => {
    const { relay, served } = await startForClients({ flags: FLAGS })
    const path = `/sdk/evalx/${ENV_ID}/contexts/${base64(USER)}`
    const { headers } = await ask(relay, path)
    expect(headers.get('cache-control')).toBe('private, no-cache')
    const known = { 'if-none-match': headers.get('etag') ?? '' }
    expect((await ask(relay, path, known)).status).toBe(304)
    served.change(put('server', 5, constant('server', 5, 'other')))
    await expect.poll(async () => (await ask(relay, PATH, keyed)).body.server.version).toBe(5)
    expect((await ask(relay, path, known)).status).toBe(304)
    served.change(put('everywhere', 6, constant('everywhere', 6, 'other', FOR_ALL)))
    await expect.poll(async () => (await ask(relay, path, known)).status).toBe(200)
  })

  it('(CS6.1) has different entity tags for contexts with different results', async () => {
    const targets = [{ values: ['u-2'], variation: 1 }]
    const flags = { a: constant('a', 1, 1, { variations: [1, 2], targets, ...FOR_ALL }) }
    const { relay } = await startForClients({ flags })
    const { headers } = await ask(relay, PATH, keyed)
    const other = `/sdk/evalx/contexts/${base64({ ...USER, key: 'u-2' })}`
    const answer = await ask(relay, other, { ...keyed, 'if-none-match': headers.get('etag') ?? '' })
    expect(answer).toMatchObject({ status: 200, body: { a: { value: 2 } } })
  })

  it('(CS6.3) compresses a long body for clients that accept gzip', async () => {
    const { relay } = await startForClients({ flags: { a: constant('a', 1, 'a'.repeat(5_000)) } })
    const response = await fetch(relay.url + PATH, { headers: { ...keyed, 'accept-encoding': 'gzip' } })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect((await response.json()).a.value).toHaveLength(5_000)
    const raw = await rawBody(relay.url, `${PATH}?again`)
    expect(raw.length).toBeLessThan(500)
    expect(JSON.parse(gunzipSync(raw).toString()).a.version).toBe(1)
  })
})

/** Requests a path with gzip and returns the bytes of the body. */
async function rawBody(url: string, path: string): Promise<Buffer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `GET ${path} HTTP/1.1\r\nhost: a\r\nauthorization: ${SDK_KEY}\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n`,
  )
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  const all = Buffer.concat(chunks)
  return all.subarray(all.indexOf('\r\n\r\n') + 4)
}
