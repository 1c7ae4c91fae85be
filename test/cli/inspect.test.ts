import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, test } from 'vitest'
import { readInspectOptions } from '../../src/cli/inspect/inspect.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { describeWithConsul, startConsulAgent } from '../support/consul-agent.ts'
import { SECRETS, startDynalite } from '../support/dynalite.ts'
import { folderForTest } from './developing.ts'
import { fill, inspecting, ROWS } from './inspecting.ts'

test.each([
  [[], 'inspect needs a store'],
  [['a', 'redis://:s3cret@b'], 'inspect takes one store, not 2'],
  [['a', '--strict'], '--strict needs --verify'],
  [['a', '--key', 'b', '--verify'], '--key and --verify do not go together'],
  [['a', '--key', 'b', '--items'], '--key and --items do not go together'],
  [['a', '--context', 'b', '--strict', '--verify'], '--context and --verify do not go together'],
  [['a', '--context', 'b', '--key', 'c'], '--key and --context do not go together'],
  [['a', '--timeout', '0'], '--timeout must be a number of seconds above 0, not 0'],
  [['a', '--timeout', 'soon'], '--timeout must be a number of seconds above 0, not soon'],
  [['a', '--speed'], "Unknown option '--speed'"],
])('S89: refuses %j with the reason', (args, reason) => {
  expect(() => readInspectOptions(args, {})).toThrow(reason)
  expect(() => readInspectOptions(args, {})).not.toThrow('s3cret')
})

it('S89: exits with 2 on a wrong command line', async () => {
  const { status, stdout, stderr } = await inspecting(['redis://:s3cret@h?pfx=a', '--verify'])
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^redis:\/\/ has no parameter pfx; it has prefix\n/)
  expect(stderr).not.toContain('s3cret')
})

it('S89: the help text explains damage and exit codes', async () => {
  const { status, stdout } = await inspecting(['--help'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/damage, that is, .*Warnings are .*Exit codes:\n {2}0 /s)
})

it('S88: shows a snapshot by its path and by its URL', async () => {
  const path = join(await folderForTest(), 'flags')
  await fill(fileStore(path))
  for (const store of [path, pathToFileURL(path).href]) {
    const { status, stdout } = await inspecting([store, '--verify'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^file .*flags\n\nMarker +present\n/)
    expect(stdout).toMatch(/Digest +matches/)
  }
})

it('S88: docs/inspect.md shows the lines and the columns that are printed', async () => {
  const page = await readFile(new URL('../../docs/inspect.md', import.meta.url), 'utf8')
  const [, example = ''] = /^```\nRedis at .*\n\n([\s\S]*?)```$/m.exec(page) ?? []
  const path = join(await folderForTest(), 'flags')
  await fill(fileStore(path))
  const { stdout } = await inspecting([path, '--items'])
  const labelsOf = (text: string): readonly string[] =>
    [...text.matchAll(/^(\w+(?: \w+)*) {2,}\S/gm)].map(([, label = '']) => label)
  const [facts = '', items = ''] = stdout.split(/^(?=KIND)/m)
  // A snapshot has no prefix.
  expect(labelsOf(example)).toEqual(['Prefix', ...labelsOf(facts)])
  const columns = items.split('\n')[0]?.toLowerCase().split(/ +/)
  expect(columns).toEqual(['kind', 'key', 'version', 'state', 'bytes'])
  expect(page).toContain(
    '`--items` lists every row: kind, key, version, `on`, `off`, `deleted` or `unreadable`, bytes.',
  )
})

it('S89: exits with 1 on a damaged file, with 2 on a missing one and a folder', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'flags')
  await fill(fileStore(path))
  const file = await open(path, 'r+')
  await file.write('X', (await file.stat()).size - 3)
  await file.close()
  const damaged = await inspecting([path, '--verify'])
  expect(damaged).toMatchObject({ status: 1, stderr: '' })
  expect(damaged.stdout).toContain(
    'damage: clients ignore this file: it is damaged: its checksum does not match',
  )
  expect(damaged.stdout).not.toContain('Marker')
  expect((await inspecting([path, '--key', 'checkout'])).status).toBe(2)

  await writeFile(path, '')
  expect(await inspecting([path, '--verify'])).toMatchObject({ status: 1 })
  const missing = await inspecting([join(folder, 'nope')])
  expect(missing).toMatchObject({ status: 2, stderr: `the file ${join(folder, 'nope')} does not exist\n` })
  expect(await inspecting([folder])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('it is a folder'),
  })
})

it('S88: shows a DynamoDB table with rows near the size limit', async () => {
  const dynalite = await startDynalite()
  try {
    await dynalite.createTable('Flags_of.all')
    const text = JSON.stringify({ key: 'huge', version: 1, on: true, name: 'x'.repeat(350 * 1_024) })
    const huge = { kind: 'flag', key: 'huge', version: 1, text } as const
    await fill(
      dynamodbStore({ tableName: 'Flags_of.all', prefix: 'p', clientOptions: dynalite.clientOptions }),
      [...ROWS, huge],
    )
    dynalite.script()
    const { endpoint } = dynalite.clientOptions
    const env = {
      AWS_ACCESS_KEY_ID: SECRETS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
      AWS_REGION: 'eu-west-1',
    }
    const url = `dynamodb://Flags_of.all?prefix=p&endpoint=${endpoint}`
    const { status, stdout } = await inspecting([url, '--verify'], env)
    expect(status).toBe(0)
    expect(stdout).toContain('DynamoDB table "Flags_of.all"')
    expect(stdout).toMatch(/Prefix +p\n/)
    expect(stdout).toMatch(/Flags +3 \(2 on, 1 off\)/)
    expect(stdout).toContain(
      `warning: flag huge: its size of ${Buffer.byteLength(text)} bytes is near the limit of 409600`,
    )
    expect(stdout).not.toContain(SECRETS.secretAccessKey)
    expect((await inspecting([url, '--verify', '--strict'], env)).status).toBe(1)
    const reads = ['DescribeTable', 'GetItem', 'Query']
    expect([...new Set(dynalite.operations.map(({ name }) => name))].sort()).toEqual(reads)
  } finally {
    await dynalite.close()
  }
})

describeWithConsul('halyard inspect consul://', () => {
  it('S88: shows Consul with a token from the environment or the URL, which it never prints', async () => {
    const token = '6f3c8a52-0000-4000-8000-5ec7e7000001'
    const acl = { enabled: true, default_policy: 'deny', tokens: { master: token } }
    const agent = await startConsulAgent({ configuration: { acl }, token })
    try {
      await fill(consulStore({ url: agent.url, prefix: 'ld/spree', token }))
      const url = agent.url.replace('http:', 'consul:')
      const args = ['--prefix', 'ld/spree', '--verify']
      const seen = await inspecting([url, ...args], { CONSUL_HTTP_TOKEN: token })
      expect(seen.status).toBe(0)
      expect(seen.stdout).toContain(`Consul at ${agent.url}`)
      expect(seen.stdout).toMatch(/Prefix +ld\/spree\n/)
      const withToken = url.replace('://', `://:${token}@`)
      expect(await inspecting([withToken, ...args])).toMatchObject({ status: 0 })
      const refused = await inspecting([withToken.replace('5ec7', '0000'), ...args])
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(agent.url) })
      for (const { stdout, stderr } of [seen, refused]) expect(stdout + stderr).not.toContain('6f3c8a52')
    } finally {
      await agent.stop()
    }
  })
})
