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

/** The two examples of LaunchDarkly's document "Relay Proxy - Daemon mode", as they stand there. */
export const CONFIGURATION_FILE: string = fixture('daemon-mode.conf')
export const ENVIRONMENT_VARIABLES: Settings = parseEnv(fixture('daemon-mode.env')) as Settings

export type Settings = Readonly<Record<string, string>>

export type Form = 'configuration file' | 'environment variables'
export const FORMS: readonly Form[] = ['configuration file', 'environment variables']

/** A relay as one of the examples has it; what the example leaves open, or this machine has elsewhere, comes beside it. */
export function startAsIn(form: Form, beside: Settings): Promise<RunningRelay> {
  return startRelayCommand(...invocation(form, beside))
}

export function runAsIn(form: Form, beside: Settings): Promise<Ended> {
  return runRelayCommand(...invocation(form, beside))
}

function invocation(form: Form, beside: Settings): [args: string[], settings: Settings] {
  switch (form) {
    case 'configuration file':
      return [['--config', written(CONFIGURATION_FILE)], beside]
    case 'environment variables':
      return [['--from-env'], { ...ENVIRONMENT_VARIABLES, ...beside }]
    default:
      return form satisfies never
  }
}

function written(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-seeds-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'ld-relay.conf')
  writeFileSync(path, text)
  return path
}

/** Where this test has what is LaunchDarkly's, and an address nobody else has. */
export function elsewhere({ url }: Pick<Service, 'url'>): Settings {
  return { BASE_URI: url, STREAM_URI: url, PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' }
}

const SEGMENT: Segment = { key: 'staff', version: 4, included: ['ada'] }

/** An environment whose flag `a` is this for everybody, and whose flag `staff-only` is on for staff. */
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
