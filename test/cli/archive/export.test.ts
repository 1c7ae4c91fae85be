import { readdir, stat, writeFile } from 'node:fs/promises'
import { expect, it, onTestFinished, test } from 'vitest'
import { generateId } from '../../../src/relay/archive/archive.ts'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { serve } from '../../client/starting.ts'
import { never } from '../../relay/archive/packed.ts'
import { body, everythingPut, full, put, startOrigin, status } from '../../support/origin.ts'
import { RestartableServer } from '../../support/restartable-server.ts'
import { constant } from '../../support/stored.ts'
import { running } from '../running.ts'
import { archiving, KEYS, SPREE, service, TEST } from './archiving.ts'

test.each([
  [[], 'halyard archive needs a command'],
  [['fly'], 'unknown command archive fly'],
  [['export'], 'archive export needs --out FILE'],
  [['export', '--out', 'a', 'b'], 'archive export takes no arguments; unexpected: b'],
  [['export', '--out', 'a', '--speed'], "Unknown option '--speed'"],
  [['import'], 'archive import needs the path of an archive'],
  [['import', 'a', 'b'], 'archive import takes one archive; unexpected arguments: b'],
  [['show'], 'archive show needs the path of an archive'],
  [['show', 'a', 'b'], 'archive show takes one archive; unexpected arguments: b'],
])('S104: refuses %j with the reason', async (args, reason) => {
  expect(await running(['archive', ...args])).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(reason),
  })
})

it('S104: exits with 2 on a wrong command line', async () => {
  const ended = await running(['archive', 'export'])
  expect(ended).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^archive export needs --out/),
  })
})

it('S104: the help texts explain the commands and exit codes', async () => {
  expect((await running(['archive', '--help'])).stdout).toContain('keep it\nlike a password')
  for (const command of ['export', 'import', 'show']) {
    const ended = await running(['archive', command, '--help'])
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringContaining('Exit codes:\n  0') })
  }
})

it('S104: exports the data of all environments to a file that only its owner can read', async () => {
  const { run, configure, path, folder } = await archiving()
  const { url } = await serve({
    flags: { a: constant('a', 3, 'one'), b: constant('b', 1, 'two') },
    segments: { staff: { key: 'staff', version: 2 } },
  })
  const config = await configure(service(url), SPREE, TEST)
  const out = path('flags.tar.gz')
  const ended = await run('export', '--out', out, '--config', config)
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  const made = generateId('Test')
  expect(ended.stdout.split('\n')).toEqual([
    'Spree: 2 flags, 1 segment; id spree-env (from the configuration)',
    `Test: 2 flags, 1 segment; id ${made} (from its name)`,
    `${out}: 2 environments, with their SDK keys`,
    '',
  ])
  expect((await stat(out)).mode & 0o777).toBe(0o600)
  expect((await readdir(folder)).toSorted()).toEqual(['flags.tar.gz', 'relay.conf'])
  const { environments } = await readArchive(out, never)
  expect(environments.map(({ id, name, projKey, sdkKey }) => [id, name, projKey, sdkKey])).toEqual([
    [made, 'Test', '', KEYS.test],
    ['spree-env', 'Spree', 'spree', KEYS.spree],
  ])
  expect(environments[0]?.data.changeSet.changes).toHaveLength(3)
})

it('S104: uses the ID that the service sends, and warns if the configuration has another', async () => {
  const { run, configure, path } = await archiving()
  const origin = await startOrigin()
  const answer = full('(p:x:1)', put('a', 1, constant('a', 1, 'one')))
  origin.poll.always(body(answer, { 'x-ld-envid': '507f1f77bcf86cd799439011' }))
  const config = await configure(service(origin.url), SPREE, TEST)
  const ended = await run('export', '--out', path('a'), '--config', config)
  expect(ended.status).toBe(0)
  expect(ended.stdout).toContain('Test: 1 flag, 0 segments; id 507f1f77bcf86cd799439011 (from the service)\n')
  expect(ended.stderr).toContain(
    'Spree: the service sends the ID 507f1f77bcf86cd799439011; the archive uses spree-env of the configuration\n',
  )
  // An ID that cannot be part of a file name is ignored.
  origin.poll.always(body(answer, { 'x-ld-envid': '../../etc' }))
  const { stdout } = await run(
    'export',
    '--out',
    path('a'),
    '--config',
    await configure(service(origin.url), TEST),
  )
  expect(stdout).toContain(`id ${generateId('Test')} (from its name)`)
})

it('S104: reads a service without FDv2 with FDv1', async () => {
  const { run, configure, path } = await archiving()
  const origin = await startOrigin()
  for (const route of [origin.poll, origin.stream]) route.always(status(404))
  const event = everythingPut(put('a', 4, constant('a', 4, 'one')))
  const stream = { 'content-type': 'text/event-stream' }
  origin.fdv1.stream.always((_, response) => response.writeHead(200, stream).write(event))
  const config = await configure(service(origin.url), TEST)
  const ended = await run('export', '--out', path('a'), '--config', config)
  expect(ended.status).toBe(0)
  const [environment] = (await readArchive(path('a'), never)).environments
  expect(environment?.data.changeSet.changes).toMatchObject([{ key: 'a', version: 4 }])
})

it('S104: writes nothing if an environment has no data, and names each with the reason', async () => {
  const { run, configure, path, folder } = await archiving()
  const origin = await startOrigin()
  for (const route of [origin.poll, origin.stream]) {
    route.always((received, response) => {
      const isGood = received.headers.authorization === KEYS.spree
      const answer = isGood ? body(full('(p:x:1)', put('a'))) : status(401)
      answer(received, response)
    })
  }
  const refused = await run(
    'export',
    '--out',
    path('a'),
    '--config',
    await configure(service(origin.url), SPREE, TEST),
  )
  expect(refused).toMatchObject({ status: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^Test: .*401/m)
  expect(refused.stderr).not.toMatch(/^Spree:/m)
  // A 401 does not lead to a request with FDv1.
  expect(origin.fdv1.stream.received.length + origin.fdv1.poll.received.length).toBe(0)

  const nowhere = await configure(service('http://127.0.0.1:9', '300ms'), SPREE)
  const late = await run('export', '--out', path('a'), '--config', nowhere)
  expect(late).toMatchObject({ status: 1, stderr: expect.stringMatching(/^Spree: no data in 0\.3 s/m) })
  expect(await readdir(folder)).toEqual(['relay.conf'])
})

it('S104: refuses an invalid configuration and one with an archive, and does not replace other files', async () => {
  const { run, configure, path } = await archiving()
  const out = path('notes.txt')
  await writeFile(out, 'what I have to do today')
  const { url } = await serve({})
  const config = await configure(service(url), TEST)
  expect(await run('export', '--out', out, '--config', config)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: `${out}: exists and is not an archive; it was not overwritten\n`,
  })
  const offline = await configure('[OfflineMode]\nfileDataSource = x\n')
  expect(await run('export', '--out', out, '--config', offline)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('they are in an archive'),
  })
  expect(await run('export', '--out', out, '--config', path('none'))).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the file does not exist'),
  })
  const outlandish = `${TEST}envId = ../evil\n`
  expect(
    await run('export', '--out', path('b'), '--config', await configure(service(url), outlandish)),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Test: its envId cannot be part of a file name'),
  })
})

it('S104: reads the configuration from environment variables', async () => {
  const { path } = await archiving()
  const { url } = await serve({ flags: { a: constant('a', 1, 'one') } })
  const env = { BASE_URI: url, STREAM_URI: url, LD_ENV_Test: KEYS.test, LD_CLIENT_SIDE_ID_Test: 'env-1' }
  const ended = await running(['archive', 'export', '--out', path('a'), '--from-env'], env)
  expect(ended).toMatchObject({ status: 0, stderr: '' })
  expect((await readArchive(path('a'), never)).environments[0]?.id).toBe('env-1')
})

it('S104.7: exports an environment of files from there, and asks no service for it', async () => {
  const { run, configure, path } = await archiving()
  const { url, requests } = await countingService()
  await writeFile(path('flags.yaml'), 'flags: { a: { version: 4 } }\nflagValues: { b: 1 }')
  const config = await configure(service(url), `${SPREE}file = ${path('flags.yaml')}\n`)
  const out = path('flags.tar.gz')
  const ended = await run('export', '--out', out, '--config', config)
  expect(ended).toMatchObject({ status: 0 })
  expect(ended.stdout).toContain('Spree: 2 flags, 0 segments; id spree-env (from the configuration)')
  const { environments } = await readArchive(out, never)
  const versions = environments[0]?.data.changeSet.changes.map(({ key, version }) => [key, version])
  expect(versions).toEqual([
    ['a', 4],
    ['b', 1],
  ])
  expect(requests()).toBe(0)
  await writeFile(path('flags.yaml'), 'flags: [')
  const failed = await run(
    'export',
    '--out',
    out,
    '--config',
    await configure(service(url, '1s'), `${SPREE}file = ${path('flags.yaml')}\n`),
  )
  expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('flags.yaml:1:') })
})

/** Starts a service that answers nothing useful and counts its requests. */
async function countingService(): Promise<{ readonly url: string; readonly requests: () => number }> {
  let count = 0
  const server = new RestartableServer((_request, response) => {
    count++
    response.writeHead(500).end()
  })
  await server.start()
  onTestFinished(() => server.stop())
  return { url: server.url, requests: () => count }
}
