import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateEnvironment } from '../../fixtures/environments/generate.ts'
import { median, quantile } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { count } from '../report/format.ts'
import { type Cell, cellOf, type Report, standing, type Table } from '../report/table.ts'
import { load } from './load.ts'
import { MOBILE_KEY, OURS, type ServerProcess, startRelay, startService } from './relay-process.ts'

const FLAGS = 1_000
const CONNECTIONS = 8
/** Number of contexts that repeat. */
const REPEATED = 50

const whole = cellOf('count')
const decimals = cellOf('decimals')
const thousandths = cellOf(3)

type RowName = 'repeated' | 'repeated, gzip' | 'revalidated' | 'distinct' | 'distinct, gzip'

const ROWS: readonly RowName[] = ['repeated', 'repeated, gzip', 'revalidated', 'distinct', 'distinct, gzip']

interface Result {
  readonly rate: number
  readonly cpuMs: number
  readonly p50: number
  readonly p99: number
  readonly bytes: number
}

/**
 * Benchmarks `/msdk/evalx` of the relay: for contexts that repeat, for contexts that the relay has not seen before, and for
 * clients that have the answer already. With `--beside`, another relay runs in turn.
 */
export async function benchEvalx({ quick, beside }: BenchOptions, report: Report): Promise<void> {
  const subjects = new Map<string, readonly string[]>([['halyard', OURS]])
  if (beside !== undefined) subjects.set('other', [beside])
  const folder = mkdtempSync(join(tmpdir(), 'halyard-evalx-'))
  const file = join(folder, 'flags.json')
  writeFileSync(file, JSON.stringify(visibleEnvironment()))
  const service = await startService(file)
  const relays = new Map<string, ServerProcess>()
  const results = new Map<string, Result[]>()
  try {
    for (const [name, command] of subjects) relays.set(name, await startRelay(command, service.url))
    for (let round = -1; round < (quick ? 1 : 3); round++) {
      for (const row of ROWS) {
        for (const [name, relay] of relays) {
          const result = await measure(relay, row, { round, requests: requestsOf(row) / (quick ? 3 : 1) })
          // The first round compiles code.
          if (round >= 0) results.set(`${row}/${name}`, [...(results.get(`${row}/${name}`) ?? []), result])
        }
      }
    }
    const notes = Array.from(
      relays,
      ([name, relay]) => `resident memory of ${name}: ${count(relay.resident() / 1_048_576)} MB`,
    )
    report({ ...table(results, [...subjects.keys()]), notes })
  } finally {
    await Promise.all([service, ...relays.values()].map((each) => each.stop()))
    rmSync(folder, { recursive: true })
  }
}

/** Returns flags that all kinds of clients may see. */
function visibleEnvironment(): object {
  const { flags, segments } = generateEnvironment({ flags: FLAGS, segments: FLAGS / 25 })
  const clientSideAvailability = { usingMobileKey: true, usingEnvironmentId: true }
  const visible = Object.entries(flags).map(([key, flag]) => [key, { ...flag, clientSideAvailability }])
  return { flags: Object.fromEntries(visible), segments }
}

/** Enough requests for a precise processor time. */
function requestsOf(row: RowName): number {
  return row.startsWith('distinct') ? 1_500 : 3_000
}

interface Measure {
  readonly round: number
  readonly requests: number
}

async function measure(relay: ServerProcess, row: RowName, { round, requests }: Measure): Promise<Result> {
  const etag = row === 'revalidated' ? await etagOf(relay.url) : undefined
  const headers = [
    ...(row.endsWith('gzip') ? ['accept-encoding: gzip'] : []),
    ...(etag ? [`if-none-match: ${etag}`] : []),
  ]
  const key = (index: number): string => {
    if (row === 'revalidated') return 'context-0'
    return row.startsWith('repeated') ? `context-${index % REPEATED}` : `context-${row}-${round}-${index}`
  }
  const request = (index: number): string => requestOf(key(index), headers)
  const cpuBefore = relay.cpuMs()
  const plan = { url: relay.url, request, connections: CONNECTIONS, requests }
  const { wallMs, took, bytes } = await load(plan)
  return {
    rate: (requests / wallMs) * 1_000,
    cpuMs: (relay.cpuMs() - cpuBefore) / requests,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    bytes: bytes / requests,
  }
}

function pathOf(key: string): string {
  const context = { kind: 'user', key, country: 'de', groups: ['beta', 'staff'], plan: 'enterprise', age: 42 }
  return `/msdk/evalx/contexts/${Buffer.from(JSON.stringify(context)).toString('base64url')}`
}

function requestOf(key: string, headers: readonly string[]): string {
  const lines = [`GET ${pathOf(key)} HTTP/1.1`, 'host: relay', `authorization: ${MOBILE_KEY}`, ...headers]
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function etagOf(url: string): Promise<string | undefined> {
  const response = await fetch(url + pathOf('context-0'), { headers: { authorization: MOBILE_KEY } })
  await response.arrayBuffer()
  return response.headers.get('etag') ?? undefined
}

function table(results: ReadonlyMap<string, readonly Result[]>, subjects: readonly string[]): Table {
  const of = (row: RowName, name: string, what: keyof Result): number =>
    median((results.get(`${row}/${name}`) ?? []).map((result) => result[what]))
  const cells = (row: RowName, name: string): readonly Cell[] => [
    `${row}, ${name}`,
    whole(of(row, name, 'rate')),
    thousandths(of(row, name, 'cpuMs')),
    decimals(of(row, name, 'p50')),
    decimals(of(row, name, 'p99')),
    whole(of(row, name, 'bytes')),
    name === 'other' ? standing(of(row, 'halyard', 'cpuMs') / of(row, 'other', 'cpuMs')) : '',
  ]
  return {
    id: 'evalx',
    title: `/msdk/evalx of ${count(FLAGS)} flags, ${CONNECTIONS} connections (ms)`,
    heading: ['contexts, relay', 'requests/s', 'cpu/request', 'p50', 'p99', 'bytes', 'halyard is (cpu)'],
    rows: ROWS.flatMap((row) => subjects.map((name) => cells(row, name))),
  }
}
