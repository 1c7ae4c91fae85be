import type { Reason } from '../evaluation/detail.ts'

export interface FlagsStateOptions {
  /** Only flags that client-side SDKs may see. Default false. */
  readonly clientSideOnly?: boolean
  /** Reasons too. Default false. */
  readonly withReasons?: boolean
  /** Metadata only of flags that are tracked, debugged or in an experiment. Default false. */
  readonly detailsOnlyForTrackedFlags?: boolean
}

const OPTIONS: Readonly<Record<keyof FlagsStateOptions, true>> = {
  clientSideOnly: true,
  withReasons: true,
  detailsOnlyForTrackedFlags: true,
}

/** The names of {@link FlagsStateOptions}. */
export const FLAGS_STATE_OPTIONS: readonly string[] = Object.keys(OPTIONS)

/** The values of all flags for one context, at one moment. */
export interface FlagsState {
  /** Whether there was data to evaluate, and a valid context. */
  readonly valid: boolean
  /** `null` when the flag has no value for the context or is not there. */
  getFlagValue(key: string): any
  getFlagReason(key: string): Reason | null
  /** All values, by key. */
  allValues(): { readonly [key: string]: any }
  /** The form client-side SDKs start from: values by key, `$flagsState` and `$valid`. */
  toJSON(): { readonly [key: string]: any }
}
