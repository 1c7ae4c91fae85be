import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeEach, expect, it, vi } from 'vitest'
import { fetchRaw, openStream } from '../server/raw-http.ts'
import { developing, folderForTest } from './developing.ts'
import { begin, type Running, running } from './running.ts'

const FLAGS = {
  colour: {
    on: true,
    variations: ['red'],
    fallthrough: { variation: 0 },
    clientSideAvailability: { usingEnvironmentId: true },
  },
  secret: { on: true, variations: ['hidden'], fallthrough: { variation: 0 } },
}
const ADA = Buffer.from('{"kind":"user","key":"ada"}').toString('base64url')

/** Longest wait, in milliseconds, for a busy machine. */
const WAIT_MS = 30_000

let path: string

beforeEach(async () => {
  path = join(await folderForTest(), 'flags.json')
  await writeFile(path, JSON.stringify({ flags: FLAGS }))
})

interface FlagServer {
  readonly url: string
  readonly command: Running
}

/** Starts `halyard relay --file` in this process. */
async function serving(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<FlagServer> {
  const command = begin(['relay', '--file', path, '--port', '0', ...args], env)
  const url = await vi.waitFor(
    () => /page with flags and clients: (\S+)\//.exec(command.printed())?.[1] ?? failed(),
    WAIT_MS,
  )
  return { url, command }
}

function failed(): never {
  throw new Error('not yet')
}

/** Requests a URL with the header `Host`, which `fetch` cannot set. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const outgoing = get(url, { agent: false, headers: { host } })
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  await text(response)
  return response.statusCode
}

it('(FS21.2) without an SDK key accepts every key and none at every address', async () => {
  const { url } = await serving()
  const post = { method: 'POST', body: '[]' }
  for (const authorization of ['sdk-any', 'sdk-local', 'anything at all', '']) {
    const headers = authorization === '' ? {} : { authorization }
    const paths = [
      '/sdk/poll',
      '/sdk/latest-all',
      `/sdk/evalx/contexts/${ADA}`,
      `/msdk/evalx/contexts/${ADA}`,
    ]
    for (const each of paths)
      expect([each, (await fetch(url + each, { headers })).status]).toEqual([each, 200])
    expect((await fetch(`${url}/bulk`, { ...post, headers })).status).toBe(202)
    expect((await fetch(`${url}/mobile`, { ...post, headers })).status).toBe(202)
  }
  expect((await fetch(`${url}/sdk/evalx/any-id/contexts/${ADA}`)).status).toBe(200)
  expect((await fetch(`${url}/events/bulk/any-id`, post)).status).toBe(202)
})

it('(FS21.2) shows each kind of client the flags that are available to it', async () => {
  const { url } = await serving()
  const keysAt = async (at: string) => Object.keys((await (await fetch(url + at)).json()) as object)
  expect(await keysAt(`/sdk/evalx/local/contexts/${ADA}`)).toEqual(['colour'])
  expect(await keysAt(`/msdk/evalx/contexts/${ADA}`)).toEqual(['colour', 'secret'])
})

it('(FS21.4) a page of another site sees over OFREP what browsers see, with any key', async () => {
  const { url } = await serving()
  const keysWith = async (headers: Record<string, string>) => {
    const answer = await fetch(`${url}/ofrep/v1/evaluate/flags`, {
      method: 'POST',
      body: '{"context":{"targetingKey":"ada"}}',
      headers: { 'content-type': 'application/json', ...headers },
    })
    return ((await answer.json()) as { flags: { key: string }[] }).flags.map(({ key }) => key)
  }
  for (const authorization of ['sdk-local', 'Bearer other']) {
    expect(await keysWith({ authorization })).toEqual(['colour', 'secret'])
    expect(await keysWith({ authorization, origin: 'https://example.com' })).toEqual(['colour'])
  }
})

it('(FS21.1) with keys accepts these keys only', async () => {
  const keys = [
    '--sdk-key',
    'sdk-1',
    '--mobile-key',
    'mob-1',
    '--client-side-id',
    'id-1',
    '--host',
    '127.0.0.1',
  ]
  const { url } = await serving(keys)
  const statusOf = async (at: string, authorization = '') =>
    (await fetch(url + at, { headers: authorization === '' ? {} : { authorization } })).status
  expect(await statusOf('/sdk/poll', 'sdk-1')).toBe(200)
  expect(await statusOf('/sdk/poll', 'sdk-local')).toBe(401)
  expect(await statusOf('/sdk/poll')).toBe(401)
  expect(await statusOf(`/msdk/evalx/contexts/${ADA}`, 'mob-1')).toBe(200)
  expect(await statusOf(`/msdk/evalx/contexts/${ADA}`, 'mob-local')).toBe(401)
  expect(await statusOf(`/sdk/evalx/id-1/contexts/${ADA}`)).toBe(200)
  expect(await statusOf(`/sdk/evalx/local/contexts/${ADA}`)).toBe(404)
})

it('(FS21.1) with an SDK key alone refuses mobile SDKs and browsers', async () => {
  const { url, command } = await serving(['--sdk-key', 'sdk-of-the-shop-4711', '--host', '127.0.0.1'])
  expect(
    (await fetch(`${url}/msdk/evalx/contexts/${ADA}`, { headers: { authorization: 'mob-1' } })).status,
  ).toBe(401)
  expect((await fetch(`${url}/sdk/evalx/local/contexts/${ADA}`)).status).toBe(404)
  expect(command.stdout()).toContain(
    'flag server: SDK key ***-**-***-****-4711, mobile key none (--mobile-key), client-side ID of browsers none (--client-side-id)',
  )
  expect(command.printed()).not.toContain('sdk-of-the-shop')
})

it('(FS22.2) refuses a foreign Host at every path and logs the first one', async () => {
  const { url, command } = await serving()
  const { port } = new URL(url)
  const paths = [
    '/',
    '/status',
    '/metrics',
    '/sdk/poll',
    '/bulk',
    `/sdk/evalx/local/contexts/${ADA}`,
    '/healthz',
  ]
  for (const each of paths) expect(await statusFor(url + each, `rebound.example.com:${port}`)).toBe(403)
  for (const host of [`localhost:${port}`, `app.localhost:${port}`, '127.0.0.1', `[::1]:${port}`])
    expect(await statusFor(`${url}/sdk/poll`, host)).toBe(200)
  expect(command.stderr().match(/Host header/g)).toHaveLength(1)
})

it('(FS22.3) answers every Host if there is an SDK key', async () => {
  const { url } = await serving(['--sdk-key', 'sdk-1', '--host', '127.0.0.1'])
  expect(await statusFor(`${url}/status`, 'flags.example.com')).toBe(200)
})

it('(FS23.1) logs what is served, to whom, and the page', async () => {
  const { url, command } = await serving()
  expect(command.stdout()).toContain(`flag server: serving 2 flags and 0 segments of ${path} on ${url}\n`)
  expect(command.stdout()).toContain('SDK key sdk-local, mobile key mob-local, client-side ID local\n')
  expect((await fetch(`${url}/`)).headers.get('content-type')).toContain('text/html')
})

it('(FS23.1) logs that there is nothing to serve while a URL cannot be read', async () => {
  const secret = 'http://127.0.0.1:9/flags.json?token=hidden'
  const command = begin(['relay', '--url', secret, '--port', '0'], {
    IGNORE_CONNECTION_ERRORS: '1',
    INIT_TIMEOUT: '1s',
  })
  await vi.waitFor(() => expect(command.printed()).toContain('flag server: page'), WAIT_MS)
  expect(command.stdout()).toContain(
    'flag server: nothing to serve yet from http://127.0.0.1:9/flags.json on http://127.',
  )
  expect(command.printed()).not.toContain('hidden')
})

it.each([
  ['{"flagValues": {\n  "colour": }}', ':2:13: unexpected "}" in JSON'],
  ['{"flags": {"colour": {"on": "yes"}}}', 'flags.colour.on: expected true or false, found the string "yes"'],
])('(FS23.2) ends with 1 and the place if the file is invalid at the start: %s', async (content, reason) => {
  await writeFile(path, content)
  const { status, stderr } = await running(['relay', '--file', path, '--port', '0'])
  expect(status).toBe(1)
  expect(stderr.trim().split('\n').at(-1)).toContain(`[error] ${path}`)
  expect(stderr).toContain(reason)
  expect(await running(['dev', path, '--port', '0'])).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining(reason),
  })
})

it('(FS23.2) ends with 1 if the file is missing at the start', async () => {
  for (const command of [['relay', '--file'], ['dev']]) {
    const { status, stderr } = await running([...command, '/no/such/flags.json', '--port', '0'])
    expect(status).toBe(1)
    expect(stderr).toContain('/no/such/flags.json: cannot be read: ENOENT')
  }
})

it('(FS23.2) serves stored data if the file is invalid at the start', async () => {
  const conf = join(await folderForTest(), 'relay.conf')
  await writeFile(conf, `[Main]\nsnapshotDirectory = "${await folderForTest()}"\n`)
  const first = await serving(['--config', conf])
  await expect.poll(async () => (await fetch(`${first.url}/status`)).text()).toContain('"stale":false')
  first.command.signal('SIGINT')
  await first.command.ended
  await writeFile(path, '{')
  const { url } = await serving(['--config', conf])
  expect((await fetchRaw(`${url}/sdk/poll`)).body.toString()).toContain('"red"')
})

it('(FS23.3) names the option if it cannot listen', async () => {
  const { url } = await serving()
  const { port } = new URL(url)
  for (const command of [
    ['relay', '--file', path],
    ['dev', path],
  ]) {
    const inUse = await running([...command, '--port', port])
    expect(inUse.status).toBe(1)
    expect(inUse.stderr).toContain(
      `port ${port} is already in use; choose another with --port, or 0 for a free one`,
    )
    const elsewhere = await running([...command, '--port', '0', '--sdk-key', 'sdk-1', '--host', '192.0.2.1'])
    expect(elsewhere.stderr).toContain(
      '192.0.2.1 is not an address of this machine; choose another with --host',
    )
    const unknown = await running([...command, '--port', '0', '--sdk-key', 'sdk-1', '--host', 'host.invalid'])
    expect(unknown.stderr).toContain(
      'host.invalid is not an address of this machine; choose another with --host',
    )
  }
})

it('(FS23.4) logs each change with the names of the flags', async () => {
  const { url, command } = await serving()
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  await writeFile(path, JSON.stringify({ flags: { ...FLAGS, secret: { ...FLAGS.secret, on: false } } }))
  await vi.waitFor(
    () => expect(command.stdout()).toContain('changed flag secret; sent to 1 client\n'),
    WAIT_MS,
  )
})

it('(FS23.5) warns once if no flag is available to browsers', async () => {
  await writeFile(path, '{"flagValues": {"a": 1}}')
  const { url, errors } = await developing(path)
  const browser = `${url}/sdk/evalx/local/contexts/${ADA}`
  await fetch(browser)
  await fetch(browser)
  await fetch(`${url}/msdk/evalx/contexts/${ADA}`)
  expect(errors).toEqual([
    'browsers receive none of the 1 flag: a flag is available to them with "clientSideAvailability": {"usingEnvironmentId": true} (not logged again)',
  ])
})

it('(FS24.1) halyard dev reads no variables', async () => {
  const env = { PORT: '1', HALYARD_RELAY_HOST: '192.0.2.1', LD_ENV_other: 'sdk-1', LD_ENV_flags: 'sdk-2' }
  const command = begin(['dev', path, '--port', '0'], env)
  const url = await vi.waitFor(() => /on (http:\S+)/.exec(command.stdout())?.[1] ?? failed(), WAIT_MS)
  expect((await fetch(`${url}/sdk/poll`)).status).toBe(200)
  expect(command.printed()).not.toMatch(/\d{4}-\d\d-\d\dT|\[info\]/)
})

it('(FS24.2) halyard dev serves several files, folders and URLs', async () => {
  const folder = await folderForTest()
  await writeFile(join(folder, 'more.yaml'), 'flagValues:\n  size: 3\n')
  const { url: remote } = await developing(path)
  const { url } = await developing(path, { files: [folder], urls: [`${remote}/sdk/latest-all`] })
  expect(Object.keys((await (await fetch(`${url}/sdk/flags`)).json()) as object).toSorted()).toEqual([
    'colour',
    'secret',
    'size',
  ])
})

it('(FS20.3) a reload of the configuration file keeps the environment, and is refused with another one', async () => {
  const conf = join(await folderForTest(), 'relay.conf')
  await writeFile(conf, '[Main]\nreadyMaxAge = 1h\n')
  const { url, command } = await serving(['--config', conf])
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  await writeFile(conf, '[Environment "other"]\nsdkKey = sdk-other\n')
  const refused = `configuration: not reloaded: Invalid configuration:\n    ${conf}:1 [Environment "other"]: expected no environment in addition to that of --file`
  await vi.waitFor(() => expect(command.stderr()).toContain(refused), WAIT_MS)
  await writeFile(conf, '[Main]\nreadyMaxAge = 2h\n')
  await vi.waitFor(
    () => expect(command.stdout()).toContain('configuration: reloaded: applied ready\n'),
    WAIT_MS,
  )
  await writeFile(path, JSON.stringify({ flags: { colour: FLAGS.colour } }))
  await stream.until('delete-object')
})
