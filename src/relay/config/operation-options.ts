import * as forms from './forms.ts'
import type { Options } from './option.ts'
import type { LogFormat, ReadyRequirement } from './relay-config.ts'

/** What `[Main]` says for those who run a relay. Halyard's own, so their variables have its name. */
export interface OperationValues {
  readonly logFormat: LogFormat
  readonly readyRequires: readonly ReadyRequirement[]
  readonly readyMaxAge: number
}

export const OPERATION: Options<OperationValues> = {
  logFormat: { form: forms.logFormat, variable: 'HALYARD_RELAY_LOG_FORMAT', path: 'logFormat' },
  readyRequires: {
    form: forms.readyRequirements,
    variable: 'HALYARD_RELAY_READY_REQUIRES',
    path: 'ready.requires',
  },
  readyMaxAge: {
    form: forms.positiveDuration,
    variable: 'HALYARD_RELAY_READY_MAX_AGE',
    path: 'ready.maxAgeMs',
  },
}

export interface OpenTelemetryValues {
  readonly enabled: boolean
}

export const OPEN_TELEMETRY: Options<OpenTelemetryValues> = {
  enabled: { form: forms.boolean, variable: 'USE_OTLP', path: 'openTelemetry' },
}
