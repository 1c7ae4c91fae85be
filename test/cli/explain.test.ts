import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { run } from '../../src/cli/commands.ts'
import { encodeItem } from '../../src/layout/row.ts'
import type { VersionedRow } from '../../src/model/persistent-store.ts'
import { writeArchive } from '../../src/relay/archive/write-archive.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { SDK_KEY } from '../support/engine.ts'
import { startOrigin, status } from '../support/origin.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { startService } from '../support/service.ts'
import { developing, folderForTest } from './developing.ts'
import { fill } from './inspecting.ts'
import { type Ended, running } from './running.ts'

const USER = '{"kind":"user","key":"u-1","plan":"free"}'

const FLAG = {
  key: 'checkout',
  version: 4,
  on: true,
  salt: 'b1',
  variations: ['old', 'new'],
  offVariation: 0,
  fallthrough: { variation: 0 },
  rules: [
    {
      id: 'paying',
      variation: 1,
      clauses: [{ attribute: 'plan', op: 'in', values: ['team'], negate: false }],
    },
  ],
}

/** A flag that serves `yes` to the members of the big segment `beta`. */
const MEMBERS_FLAG = {
  ...FLAG,
  key: 'members',
  rules: [
    {
      id: 'beta',
      variation: 1,
      clauses: [{ attribute: '', op: 'segmentMatch', values: ['beta'], negate: false }],
    },
  ],
}
const BETA = { key: 'beta', version: 1, unbounded: true, generation: 4 }

const ROWS: readonly VersionedRow[] = [
  encodeItem('flag', { key: 'checkout', version: 4, object: FLAG }),
  encodeItem('flag', { key: 'members', version: 4, object: MEMBERS_FLAG }),
  encodeItem('segment', { key: 'beta', version: 1, object: BETA }),
]

const LINES = [
  '✓ The flag is on.',
  '✗ No rule matches, of 1.',
  '  ✗ rule 0 (paying): not matched',
  '    ✗ not matched: user plan in "team"; it is "free"',
  '✓ The flag falls through to its default.',
  '→ It serves variation 0.',
]

function explaining(...args: readonly string[]): Promise<Ended> {
  return running(['explain', ...args])
}

/** Explains the flag `checkout` and returns its steps. */
async function stepsFrom(from: string, ...more: readonly string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await explaining('checkout', '--context', USER, '--from', from, ...more)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.trimEnd().split('\n').slice(6)
}

async function flagFile(): Promise<string> {
  const path = join(await folderForTest(), 'flags.json')
  await writeFile(path, JSON.stringify({ flags: { checkout: FLAG }, flagValues: { banner: 'hello' } }))
  return path
}

it('(EX4.1) prints the steps of a flag, its value and its reason', async () => {
  const path = await flagFile()
  const { stdout } = await explaining('checkout', '--context', USER, '--from', path)
  const [flag, ...rest] = stdout.trimEnd().split('\n')
  expect(flag).toBe('Flag      checkout, version 4')
  expect(rest).toContain('Context   u-1')
  expect(rest).toContain('Value     "old" (variation 0)')
  expect(rest).toContain('Reason    FALLTHROUGH')
  expect(rest.slice(-LINES.length)).toEqual(LINES)
  const { stdout: json } = await explaining('checkout', '--context', USER, '--from', path, '--json')
  expect(JSON.parse(json)).toMatchObject({
    from: path,
    key: 'checkout',
    result: { value: 'old', variationIndex: 0, reason: { kind: 'FALLTHROUGH' } },
    steps: [{ type: 'switch', on: true }, { type: 'rules' }, { type: 'fallthrough' }],
  })
})

it('(EX4.1) keeps to 80 columns and escapes control characters of names', async () => {
  const path = join(await folderForTest(), 'flags.json')
  const values = Array.from({ length: 15 }, (_, index) => `value-${index}-${'x'.repeat(90)}\u001b[31m\u202e`)
  const rules = [
    { id: 'r\u0007', variation: 1, clauses: [{ attribute: 'plan', op: 'in', values, negate: false }] },
  ]
  await writeFile(path, JSON.stringify({ flags: { checkout: { ...FLAG, rules } } }))
  const { stdout } = await explaining('checkout', '--context', USER, '--from', path)
  expect(
    Math.max(
      ...stdout
        .split('\n')
        .slice(6)
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(80)
  for (const character of ['\u001b', '\u0007', '\u202e']) expect(stdout).not.toContain(character)
  expect(stdout).toContain('\\u001b')
})

it('(EX4.1) keeps several spaces in values, which may be the reason of a mismatch', async () => {
  const path = join(await folderForTest(), 'flags.json')
  const rules = [
    { variation: 1, clauses: [{ attribute: 'plan', op: 'in', values: ['team  a'], negate: false }] },
  ]
  await writeFile(path, JSON.stringify({ flags: { checkout: { ...FLAG, rules } } }))
  const context = '{"kind":"user","key":"u-1","plan":"team a"}'
  const { stdout } = await explaining('checkout', '--context', context, '--from', path)
  expect(stdout).toContain('not matched: user plan in "team  a"; it is "team a"')
})

it('(EX4.2) prints the values and reasons of all flags without a flag', async () => {
  const path = await flagFile()
  const { status, stdout } = await explaining('--context', USER, '--from', path)
  expect(status).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'FLAG      VALUE    VARIATION  REASON',
    'banner    "hello"  0          FALLTHROUGH',
    'checkout  "old"    0          FALLTHROUGH',
  ])
  const { stdout: json } = await explaining('--context', USER, '--from', path, '--json')
  expect(JSON.parse(json)).toMatchObject({
    flags: [
      { key: 'banner', value: 'hello', variationIndex: 0, reason: { kind: 'FALLTHROUGH' } },
      { key: 'checkout', value: 'old' },
    ],
  })
})

it('(EX4.3) reads a folder, a snapshot and an archive', async () => {
  const folder = await folderForTest()
  await mkdir(join(folder, 'flags'))
  await writeFile(join(folder, 'flags', 'a.json'), JSON.stringify({ flags: { checkout: FLAG } }))
  expect(await stepsFrom(join(folder, 'flags'))).toEqual(LINES)
  await fill(fileStore(join(folder, 'snapshot')), ROWS)
  expect(await stepsFrom(join(folder, 'snapshot'))).toEqual(LINES)
  const items = new Map([['checkout', { key: 'checkout', version: 4, object: FLAG }]])
  const snapshot = { flags: items, segments: new Map(), selector: undefined }
  const archive = join(folder, 'archive.tar.gz')
  const environments = ['one', 'two'].map((id) => ({
    snapshot,
    metadata: {
      id,
      name: `Name ${id}`,
      envKey: id,
      projName: '',
      projKey: '',
      sdkKey: `sdk-${id}`,
      moreSdkKeys: [],
      moreMobileKeys: [],
      ttlMinutes: 0,
      secureMode: false,
    },
  }))
  await writeArchive(archive, environments, new AbortController().signal)
  expect(await stepsFrom(archive, '--environment', 'Name two')).toEqual(LINES)
  const unnamed = await explaining('checkout', '--context', USER, '--from', archive)
  expect(unnamed).toMatchObject({ status: 2, stderr: expect.stringContaining('several environments') })
  expect(unnamed.stderr).toContain('one (Name one), two (Name two)')
})

it('(EX4.3, EX4.8) reads a service with a key, and a flag server of this machine without one', async () => {
  const service = await startService({ [SDK_KEY]: { flags: { checkout: FLAG } } })
  expect(await stepsFrom(service.url, '--sdk-key', SDK_KEY)).toEqual(LINES)
  const { url } = await developing(await flagFile())
  expect(await stepsFrom(url)).toEqual(LINES)
  expect(await explaining('checkout', '--context', USER, '--from', service.url)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /the SDK key is refused: .*; give the key of the environment with --sdk-key/,
    ),
  })
  expect(await explaining('checkout', '--context', USER, '--from', 'https://flags.invalid')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('a URL needs --sdk-key, or the variable LAUNCHDARKLY_SDK_KEY'),
  })
})

it('(EX4.3) reads a service without FDv2 with FDv1', async () => {
  const origin = await startOrigin()
  for (const endpoint of [origin.poll, origin.stream]) endpoint.always(status(404))
  const data = JSON.stringify({ path: '/', data: { flags: { checkout: FLAG }, segments: {} } })
  const headers = { 'content-type': 'text/event-stream' }
  origin.fdv1.stream.always((_, response) =>
    response.writeHead(200, headers).write(`event: put\ndata: ${data}\n\n`),
  )
  expect(await stepsFrom(origin.url, '--sdk-key', SDK_KEY)).toEqual(LINES)
})

it('(EX4.5) takes the context from a file or from the standard input', async () => {
  const path = await flagFile()
  const context = join(await folderForTest(), 'context.json')
  await writeFile(context, '{"kind":"user","key":"u-2","plan":"team"}')
  const { stdout } = await explaining('checkout', '--context', `@${context}`, '--from', path)
  expect(stdout).toContain('Reason    RULE_MATCH, rule 0 (paying)')
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const args = [main, 'explain', 'checkout', '--context', '-', '--from', path]
  const { status, stdout: piped } = spawnSync(process.execPath, args, { input: USER, encoding: 'utf8' })
  expect(status).toBe(0)
  expect(piped).toContain('Reason    FALLTHROUGH')
})

it('(EX4.6) exits with 1 for a flag that does not exist, and names a similar one', async () => {
  const path = await flagFile()
  expect(await explaining('chekout', '--context', USER, '--from', path)).toEqual({
    status: 1,
    stdout: '',
    stderr: `${path}: there is no flag chekout; did you mean checkout?\n`,
  })
})

it.each<[string, readonly string[], string]>([
  ['no source', ['f', '--context', USER], 'explain needs --from'],
  ['no context', ['f', '--from', 'x'], 'explain needs --context'],
  ['a context that is not JSON', ['f', '--from', 'x', '--context', '{kind:"user"}'], '--context is not JSON'],
  [
    'a context without a key',
    ['f', '--from', 'x', '--context', '{"kind":"user"}'],
    'The key of the user is not a string',
  ],
  ['a list', ['f', '--from', 'x', '--context', '[]'], 'The context is not an object'],
  ['a missing context file', ['f', '--from', 'x', '--context', '@/no/such'], 'cannot read /no/such'],
  [
    'a missing file',
    ['f', '--from', '/no/such/flags.json', '--context', USER],
    '/no/such/flags.json does not exist',
  ],
  ['an unknown store', ['f', '--from', 'mongodb://x', '--context', USER], 'unknown store mongodb://'],
  ['a password in a URL', ['f', '--from', 'https://u:p@x', '--context', USER], 'a URL has the form'],
  [
    'an option of another source',
    ['f', '--from', 'https://x', '--prefix', 'p', '--sdk-key', 'k', '--context', USER],
    'a URL has no --prefix',
  ],
])('(EX4.6) exits with 2 for %s', async (_, args, reason) => {
  const { status, stdout, stderr } = await explaining(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(reason)
})

it('(EX4.6) exits with 2 for a flag file with a mistake, and names the place', async () => {
  const path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flags": {"a": {"on": "yes"}}}')
  const { status, stderr } = await explaining('a', '--context', USER, '--from', path)
  expect(status).toBe(2)
  expect(stderr).toContain(`${path}:1:`)
})

it('(EX4.7) uses colours only on a terminal without NO_COLOR', async () => {
  const path = await flagFile()
  const print = async (isTerminal: 'terminal' | 'pipe', env: NodeJS.ProcessEnv): Promise<string> => {
    let text = ''
    const stdout = (line: string): void => {
      text += line
    }
    await run(['explain', 'checkout', '--context', USER, '--from', path], {
      env,
      stdout,
      stderr: stdout,
      stdin: () => Promise.resolve(''),
      isTerminal: isTerminal === 'terminal',
      columns: () => 80,
      onStarted() {},
      signal: new AbortController().signal,
    })
    return text
  }
  expect(await print('terminal', {})).toContain('\u001b[32m✓\u001b[39m The flag is on.')
  expect(await print('terminal', { NO_COLOR: '1' })).not.toContain('\u001b')
  expect(await print('pipe', {})).not.toContain('\u001b')
})

describeWithRedis('halyard explain --from redis://', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.as((client) => client.call('FLUSHALL'))
    await fill(redisStore({ url: server.url }), ROWS)
  })

  it('(EX4.3) reads the flags of a database', async () => {
    expect(await stepsFrom(server.url)).toEqual(LINES)
    await server.as((client) => client.call('FLUSHALL'))
    const empty = await explaining('checkout', '--context', USER, '--from', server.url)
    expect(empty).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no data') })
  })

  it('(EX4.4) reads the members of big segments', async () => {
    const hash = bigSegmentHash('u-1')
    await server.as((client) => client.call('SADD', `launchdarkly:big_segment_include:${hash}`, 'beta.g4'))
    const { stdout } = await explaining('members', '--context', USER, '--from', server.url)
    expect(stdout).toContain('Reason    RULE_MATCH, rule 0 (beta), big segments HEALTHY')
    expect(stdout).toContain('segment beta (version 1): has the context, because the key is included')
    expect(stdout).toContain('big segment: user u-1, in beta.g4: included, status HEALTHY')
  })
})
