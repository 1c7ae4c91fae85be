import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { onTestFinished } from 'vitest'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import {
  type Ended,
  type RunningRelay,
  runRelayCommand,
  startRelayCommand,
} from '../../support/relay-command.ts'
import type { Everything, Service } from '../../support/service.ts'
import { constant } from '../../support/stored.ts'
import { fixture } from '../config/reading.ts'

/** The two examples of LaunchDarkly's document "Relay Proxy - Daemon mode", unchanged. */
const CONFIGURATION_FILE: string = fixture('daemon-mode.conf')
const ENVIRONMENT_VARIABLES: Settings = parseEnv(fixture('daemon-mode.env')) as Settings

export type Settings = Readonly<Record<string, string>>

export type Form = 'configuration file' | 'environment variables'
export const FORMS: readonly Form[] = ['configuration file', 'environment variables']

/** Starts a relay with one of the examples. Variables add what the example leaves open, for example addresses. */
export function startExample(form: Form, variables: Settings): Promise<RunningRelay> {
  return startRelayCommand(...invocation(form, variables))
}

export function runExample(form: Form, variables: Settings): Promise<Ended> {
  return runRelayCommand(...invocation(form, variables))
}

function invocation(form: Form, variables: Settings): [args: string[], settings: Settings] {
  switch (form) {
    case 'configuration file':
      return [['--config', written(CONFIGURATION_FILE)], variables]
    case 'environment variables':
      return [['--from-env'], { ...ENVIRONMENT_VARIABLES, ...variables }]
    default:
      return form satisfies never
  }
}

function written(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-relay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'ld-relay.conf')
  writeFileSync(path, text)
  return path
}

/** Returns variables with the address of the service of this test, and with a free port. */
export function addressesOf({ url }: Pick<Service, 'url'>): Settings {
  return { BASE_URI: url, STREAM_URI: url, PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' }
}

const SEGMENT: Segment = { key: 'staff', version: 4, included: ['ada'] }

/** Returns an environment in which flag `a` has this value for all contexts, and `staff-only` is on for staff. */
export function environment(value: unknown, version = 1): Everything {
  return {
    flags: { a: constant('a', version, value), 'staff-only': STAFF_ONLY },
    segments: { staff: SEGMENT },
  }
}

const STAFF_ONLY: Flag = {
  key: 'staff-only',
  version: 7,
  on: true,
  variations: [false, true],
  rules: [{ id: 'r', variation: 1, clauses: [{ attribute: '', op: 'segmentMatch', values: ['staff'] }] }],
  fallthrough: { variation: 0 },
}
