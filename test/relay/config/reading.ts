import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type ConfigIssue } from '../../../src/model/errors.ts'
import {
  type ReadConfig,
  type RelaySources,
  readRelayConfig,
} from '../../../src/relay/config/read-relay-config.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'

export function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../../fixtures/relay', name), 'utf8')
}

/** Reads a text as the file `relay.conf`. */
export function readText(text: string, variables: RelaySources['variables'] = {}): ReadConfig {
  return readRelayConfig({ file: { path: 'relay.conf', text }, variables })
}

/** Returns the issues of a configuration, as `place: expected, received`. */
export function wrongs(sources: RelaySources): readonly string[] {
  return issuesOf(sources).map(({ path, expected, received }) => `${path}: ${expected}, ${received}`)
}

function issuesOf(sources: RelaySources): readonly ConfigIssue[] {
  try {
    readRelayConfig(sources)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}

export function wrongsOf(text: string, variables: RelaySources['variables'] = {}): readonly string[] {
  return wrongs({ file: { path: 'relay.conf', text }, variables })
}

/** The configuration of a relay with environments and defaults only. */
export const DEFAULTS: Omit<RelayConfig, 'environments'> = {
  port: 8030,
  logLevel: 'info',
  heartbeatMs: 30_000,
  initTimeoutMs: 10_000,
  ignoreConnectionErrors: false,
  maxClientConnectionMs: 43_200_000,
  pingJitterMs: 0,
  stallMs: 30_000,
  maxClientBodyBytes: 5 * 1_024 * 1_024,
  gracefulShutdownMs: 10_000,
  admission: {},
  history: {},
  disconnectedStatusMs: 60_000,
  bigSegmentsStaleMs: 300_000,
  bigSegmentsStaleAsDegraded: false,
  endpoints: {},
  caFiles: [],
  logFormat: 'text',
  ready: { requires: ['data'] },
  openTelemetry: false,
  events: {
    send: false,
    url: 'https://events.launchdarkly.com',
    flushIntervalMs: 5_000,
    capacity: 10_000,
    maxPayloadBytes: 16_777_216,
    maxQueuedBytes: 67_108_864,
  },
}
