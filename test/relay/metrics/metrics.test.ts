import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Labels, Metric } from '../../../src/relay/metrics/metric.ts'
import { prometheusText } from '../../../src/relay/metrics/prometheus.ts'
import { METRICS } from '../../../src/relay/metrics/table.ts'
import type { RequestsView } from '../../../src/relay/requests/request-counts.ts'
import type { RelayView } from '../../../src/relay/view.ts'
import {
  DISTINCT_COUNTS,
  environmentView,
  metricsInput,
  NOW,
  relayView,
  sourceView,
  storeView,
} from '../status/views.ts'
import { type Family, parseExposition } from './parse-exposition.ts'

function read(view: RelayView, requests?: RequestsView): ReadonlyMap<string, Family> {
  return parseExposition(prometheusText(METRICS, metricsInput(view, requests)))
}

/** Returns the values of a metric by their labels other than the environment, as `label value`. */
function values(families: ReadonlyMap<string, Family>, name: string): Readonly<Record<string, number>> {
  const series = [...(families.get(`halyard_relay_${name}`)?.series.values() ?? [])]
  return Object.fromEntries(
    series.map(({ labels: { environment: _, ...rest }, value }) => [Object.values(rest).join(' '), value]),
  )
}

const autoConfig = { state: 'interrupted', since: NOW - 3_000, configuration: 'live' } as const

const full = environmentView({
  envId: '6488674d',
  envName: 'Production',
  projKey: 'spree',
  revision: { version: 57, fingerprint: 281_474_976_710_655 },
  recent: [{ at: NOW - 9_000, type: 'full', puts: 4, deletes: 0, items: [] }],
  source: sourceView({
    state: 'interrupted',
    since: NOW - 61_500,
    skipped: 4,
    lastError: { kind: 'error_response', message: 'x', status: 503, at: NOW - 1_000, source: 'polling' },
  }),
  store: storeView({
    state: 'unavailable',
    since: NOW - 2_500,
    stale: true,
    role: 'follower',
    latencyMs: 12,
    lastError: { kind: 'unavailable', message: 'gone', at: NOW - 2_500 },
    refused: [{ kind: 'flag', key: 'a' }],
    quarantined: [
      { kind: 'flag', key: 'a' },
      { kind: 'segment', key: 'b' },
    ],
    cache: { hits: 10, misses: 3 },
  }),
  bigSegments: {
    state: 'synchronized',
    available: true,
    stale: false,
    staleIsDegraded: false,
    synchronizedOn: NOW - 4_000,
    patches: 8,
  },
  ...DISTINCT_COUNTS,
})

const client = { environment: 'test', audience: 'server', sdk: { name: 'Node', version: '9.7.1' } } as const
const polls = { method: 'GET', route: '/sdk/poll', status: 200 } as const

const requests: RequestsView = {
  counts: [
    { ...polls, client, count: 8 },
    { ...polls, client: undefined, route: '/metrics', count: 9 },
  ],
  durations: [{ ...polls, buckets: [5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], sum: 12.5 }],
  streams: [{ client, open: 2 }],
  active: 3,
}

it('(S108) exposes all members of the view as metrics', () => {
  const certificate = { validFrom: NOW, expiresAt: NOW + 90_000 }
  const families = read({ ...relayView(full), autoConfig, certificate }, requests)
  const seconds = NOW / 1_000
  expect(
    Object.fromEntries(
      [...families.keys()].map((name) => [name, values(families, name.slice('halyard_relay_'.length))]),
    ),
  ).toEqual({
    halyard_relay_build_info: { [`0.1.0 ${process.versions.node}`]: 1 },
    halyard_relay_start_time_seconds: { '': seconds - 1_000 },
    halyard_relay_status: { healthy: 0, degraded: 1 },
    halyard_relay_environments: { '': 1 },
    halyard_relay_certificate_expiry_seconds: { '': seconds + 90 },
    halyard_relay_closed_connections_total: {
      pipelining: 0,
      'not-reading': 0,
      'open-files': 0,
      operators: 0,
    },
    halyard_relay_file_shortages_total: { '': 0 },
    halyard_relay_environment_info: { '6488674d Production spree redis ld:test ': 1 },
    halyard_relay_auto_config_state: { initializing: 0, valid: 0, interrupted: 1 },
    halyard_relay_auto_config_state_since_seconds: { '': seconds - 3 },
    halyard_relay_environment_status: { connected: 0, disconnected: 1 },
    halyard_relay_serving: { nothing: 0, stored: 0, archive: 0, live: 1 },
    halyard_relay_source_state: { initializing: 0, valid: 0, interrupted: 1, off: 0 },
    halyard_relay_source_state_since_seconds: { '': seconds - 61.5 },
    halyard_relay_source_last_error_seconds: { 'error_response 503': seconds - 1 },
    halyard_relay_data_age_seconds: { '': 1.5 },
    halyard_relay_data_time_seconds: { '': seconds - 1.5 },
    halyard_relay_objects: { flag: 3, segment: 1 },
    halyard_relay_skipped_objects_total: { '': 4 },
    halyard_relay_data_version: { '': 57 },
    halyard_relay_data_fingerprint: { '': 281_474_976_710_655 },
    halyard_relay_data_changed_seconds: { '': seconds - 9 },
    halyard_relay_store_state: { unknown: 0, available: 0, unavailable: 1 },
    halyard_relay_store_state_since_seconds: { '': seconds - 2.5 },
    halyard_relay_store_last_error_seconds: { '': seconds - 2.5 },
    halyard_relay_store_stale: { '': 1 },
    halyard_relay_store_lost: { '': 0 },
    halyard_relay_store_role: { writer: 0, follower: 1, reader: 0 },
    halyard_relay_store_latency_seconds: { '': 0.012 },
    halyard_relay_store_refused_rows: { '': 1 },
    halyard_relay_store_quarantined_rows: { '': 2 },
    halyard_relay_store_cache_reads_total: { hit: 10, miss: 3 },
    halyard_relay_big_segments_state: { synchronizing: 0, synchronized: 1, waiting: 0 },
    halyard_relay_big_segments_available: { '': 1 },
    halyard_relay_big_segments_stale: { '': 0 },
    halyard_relay_big_segments_synchronized_seconds: { '': seconds - 4 },
    halyard_relay_big_segments_patches_total: { '': 8 },
    halyard_relay_clients: { fdv2: 2, fdv1: 1, ping: 3 },
    halyard_relay_pollers: { '': 4 },
    halyard_relay_answers_total: { none: 1, delta: 2, full: 3, evaluation: 8 },
    halyard_relay_sent_bytes_total: { '': 4 },
    halyard_relay_saved_bytes_total: { '': 5 },
    halyard_relay_stalled_streams_total: { '': 6 },
    halyard_relay_refused_requests_total: { '': 7 },
    halyard_relay_events_received_total: { '': 11 },
    halyard_relay_events_total: { forwarded: 12, dropped: 13, failed: 14, invalid: 15, summarized: 16 },
    halyard_relay_events_queued: { '': 18 },
    halyard_relay_events_queued_bytes: { '': 19 },
    halyard_relay_events_refused: { '': 1 },
    halyard_relay_diagnostics_total: { '': 17 },
    halyard_relay_flag_evaluations_total: { 'banner 0': 23, 'other other': 24 },
    halyard_relay_unknown_flag_evaluations_total: { '': 22 },
    halyard_relay_requests_total: {
      'server Node 9.7.1 GET /sdk/poll 200': 8,
      '   GET /metrics 200': 9,
    },
    halyard_relay_active_requests: { '': 3 },
    halyard_relay_streams: { 'server Node 9.7.1': 2 },
    halyard_relay_request_duration_seconds: expect.objectContaining({
      'bucket GET /sdk/poll 200 0.0005': 5,
      'bucket GET /sdk/poll 200 0.001': 7,
      'bucket GET /sdk/poll 200 10': 7,
      'bucket GET /sdk/poll 200 +Inf': 8,
      'sum GET /sdk/poll 200': 12.5,
      'count GET /sdk/poll 200': 8,
    }),
  })
})

it('(S108) has a series for every state: 1 for the current one, 0 for the others', () => {
  for (const state of ['initializing', 'valid', 'interrupted', 'off'] as const) {
    for (const stored of ['unknown', 'available', 'unavailable'] as const) {
      const store = storeView({ state: stored })
      const families = read(relayView(environmentView({ source: sourceView({ state }), store })))
      for (const name of [
        'source_state',
        'store_state',
        'store_role',
        'serving',
        'environment_status',
        'status',
      ]) {
        const series = Object.values(values(families, name))
        expect(
          series.toSorted((a, b) => b - a),
          `${name} ${state} ${stored}`,
        ).toEqual([1, ...Array(series.length - 1).fill(0)])
      }
      expect(values(families, 'source_state')).toMatchObject({ [state]: 1 })
      expect(values(families, 'store_state')).toMatchObject({ [stored]: 1 })
    }
  }
})

it('(S108) omits unknown values: no age before the first data, no store metrics without a store', () => {
  const { ageMs: _, ...source } = sourceView({ state: 'initializing' })
  const names = [...read(relayView(environmentView({ source }))).keys()]
  expect(names).not.toContain('halyard_relay_data_age_seconds')
  expect(names.filter((name) => name.startsWith('halyard_relay_store'))).toEqual([])
  expect([...read(relayView()).keys()]).toEqual([
    'halyard_relay_build_info',
    'halyard_relay_start_time_seconds',
    'halyard_relay_status',
    'halyard_relay_environments',
    'halyard_relay_closed_connections_total',
    'halyard_relay_file_shortages_total',
    'halyard_relay_active_requests',
  ])
})

it('(S108) labels each series with its environment, and contains no SDK key, not even a masked one', () => {
  const view = relayView(full, environmentView({ name: 'other', sdkKey: '********-other' }))
  const families = read(view)
  expect(families.get('halyard_relay_clients')?.series.size).toBe(6)
  const text = prometheusText(METRICS, metricsInput(view))
  expect(text).not.toMatch(/0b5e|\*|sdk-/i)
})

describe('(S108) the format', () => {
  it('escapes any name', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('\\', '"', '\n', '{', '}', ',', '=', ' ', '#', 'n') }),
    )
    fc.assert(
      fc.property(name, fc.string({ unit: 'grapheme' }), (first, second) => {
        fc.pre(first !== second)
        const families = read(
          relayView(environmentView({ name: first, envId: second }), environmentView({ name: second })),
        )
        const [info] = [...(families.get('halyard_relay_environment_info')?.series.values() ?? [])]
        expect(info?.labels).toMatchObject({ environment: first, env_id: second })
      }),
    )
  })

  it('writes any number and help text', () => {
    const metric = (value: number): Metric => ({
      name: 'x',
      type: 'gauge',
      help: 'one\\two\nthree "four"',
      samples: () => [{ labels: {}, value }],
    })
    for (const value of [0, -1.5, 1e21, 1e-7, 5e-324, NaN, Infinity, -Infinity, 2 ** 53]) {
      const text = prometheusText([metric(value)], metricsInput(relayView()))
      const family = parseExposition(text).get('x')
      expect([...(family?.series.values() ?? [])][0]?.value).toBe(value)
      expect(family?.help).toBe('one\\two\nthree "four"')
    }
  })
})

it('(S108) names and help texts follow the conventions of Prometheus, and names are unique', () => {
  expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length)
  for (const { name, type, help } of METRICS) {
    expect(name).toMatch(/^halyard_relay_[a-z0-9_]+$/)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    expect(help, name).toMatch(/^[A-Z].*\.$/)
  }
})

it('(S108) docs/relay-operation.md lists all metrics with type, labels and help', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/relay-operation.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(halyard_relay_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)]
  const input = metricsInput({ ...relayView(full), autoConfig }, requests)
  const samplesOf = (metric: Metric): readonly { readonly labels: Labels }[] =>
    metric.type === 'histogram' ? metric.histograms(input) : metric.samples(input)
  const labels = (metric: Metric): string =>
    [...new Set(samplesOf(metric).flatMap((sample) => Object.keys(sample.labels)))]
      .filter((label) => label !== 'environment')
      .map((label) => `\`${label}\``)
      .join(', ')
  expect(rows.map(([, ...cells]) => cells.map((cell) => cell.trim()))).toEqual(
    METRICS.map((metric) => [metric.name, metric.type, labels(metric), metric.help]),
  )
})
