import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { ROWS } from '../../scripts/dashboard/panels.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { describeWith, findOnPath, type Requirement } from '../support/requirements/requirement.ts'
import { listening, place, startRelay } from './support/servers.ts'
import { startService } from './support/service.ts'

const PROMETHEUS: Requirement = {
  name: 'prometheus',
  remedy: 'Install it, for example with: apt-get install --no-install-recommends prometheus',
  isAvailable: () => findOnPath('prometheus') !== undefined && findOnPath('promtool') !== undefined,
}

const MONITORING = join(import.meta.dirname, '../../deploy/monitoring')

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'halyard-monitoring-'))
  cpSync(MONITORING, folder, { recursive: true })
})

afterEach(() => rmSync(folder, { recursive: true }))

const promtool = (...args: readonly string[]): string =>
  execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })

describeWith(PROMETHEUS, 'the alert rules', () => {
  it('are accepted by promtool, with the configuration of docs/monitoring.md', () => {
    expect(promtool('check', 'config', 'prometheus.yaml')).toContain('13 rules found')
  })

  it('fire when they should, and only then', () => {
    expect(promtool('test', 'rules', 'alerts.test.yaml')).toContain('SUCCESS')
  })

  describeWithRedis('a Prometheus that scrapes a relay', () => {
    it('alerts during an outage of the service and of the database, and stops afterwards', async () => {
      const service = await startService()
      onTestFinished(() => service.close())
      const redis = await startRedis()
      onTestFinished(() => redis.stop())
      const relay = await startRelay(relayConfiguration(service.url, redis.port))
      const prometheus = await startPrometheus(relay.port)

      await expect.poll(() => prometheus.query('up{job="halyard-relay"} == 1')).toHaveLength(1)
      const stream = new AbortController()
      onTestFinished(() => stream.abort())
      const headers = { authorization: 'sdk-test' }
      await fetch(`${relay.url}/sdk/latest-all`, { headers })
      await fetch(`${relay.url}/sdk/stream`, { headers, signal: stream.signal })
      await checkDashboard(prometheus)
      expect(await prometheus.firing()).toEqual([])

      service.close()
      await expect.poll(() => prometheus.firing()).toEqual(['HalyardRelayDisconnected'])
      await redis.kill()
      await expect
        .poll(() => prometheus.firing())
        .toEqual(['HalyardRelayDatabaseIsBehind', 'HalyardRelayDisconnected'])
      await redis.start()
      await expect.poll(() => prometheus.firing()).toEqual(['HalyardRelayDisconnected'])
      relay.signal('SIGKILL')
      await expect.poll(() => prometheus.firing()).toEqual(['HalyardRelayDown'])
    })
  })
})

/** Runs all queries of the dashboard. Those about parts that this relay does not have return nothing. */
async function checkDashboard(prometheus: Prometheus): Promise<void> {
  const ABSENT = /big_segments|flag_evaluations|pollers|events|saved_bytes/
  const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries))
  for (const { expr } of queries) {
    const filled = expr.replaceAll(/\$(instance|environment)/g, '.*').replaceAll('$__rate_interval', '10s')
    const isFilled = (): Promise<boolean> => prometheus.query(filled).then(({ length }) => length > 0)
    if (ABSENT.test(expr)) await isFilled()
    else await expect.poll(isFilled, { message: filled }).toBe(true)
  }
}

function relayConfiguration(url: string, redisPort: number): string {
  return `
[Main]
baseUri = "${url}"
streamUri = "${url}"
disconnectedStatusTime = 1s

[Redis]
host = "127.0.0.1"
port = ${redisPort}

[Environment "test"]
sdkKey = "sdk-test"
prefix = "test"
`
}

interface Prometheus {
  /** Returns the series of a query. Throws if the query is wrong. */
  readonly query: (expr: string) => Promise<readonly unknown[]>
  /** Returns the names of the alerts that fire, sorted. */
  readonly firing: () => Promise<readonly string[]>
}

/** Starts Prometheus with the rules of `deploy/monitoring`, which wait one second here, and a relay to scrape each second. */
async function startPrometheus(relayPort: number): Promise<Prometheus> {
  const { port } = await place()
  const rules = readFileSync(join(folder, 'alerts.yaml'), 'utf8')
  writeFileSync(join(folder, 'alerts.yaml'), rules.replaceAll(/for: \w+/g, 'for: 1s'))
  const configuration = readFileSync(join(folder, 'prometheus.yaml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace(/targets: \[.*\]/, `targets: ['127.0.0.1:${relayPort}']`)
  writeFileSync(join(folder, 'prometheus.yaml'), configuration)
  const args = [
    '--config.file=prometheus.yaml',
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const { url } = await listening(spawn('prometheus', args, { cwd: folder, detached: true }), port)
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/${path}`)
    const body = (await response.json()) as { readonly data?: unknown; readonly error?: string }
    if (!response.ok) throw new Error(`Prometheus refused ${path}: ${body.error}`)
    return body.data
  }
  return {
    query: async (expr) => {
      const { result } = (await get(`query?query=${encodeURIComponent(expr)}`)) as {
        readonly result: readonly unknown[]
      }
      return result
    },
    firing: async () => {
      const { alerts } = (await get('alerts')) as {
        readonly alerts: readonly {
          readonly state: string
          readonly labels: Readonly<Record<string, string>>
        }[]
      }
      const names = alerts.flatMap(({ state, labels }) =>
        state === 'firing' ? [labels.alertname ?? ''] : [],
      )
      return names.toSorted((a, b) => a.localeCompare(b))
    },
  }
}
