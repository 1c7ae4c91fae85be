import type { z } from 'zod'
import type { StoreUse } from '../../model/persistent-store.ts'
import { duration, oneOf } from './forms.ts'

/** What the members of {@link StoreUse} must be like. */
export const useForms: Readonly<Record<keyof StoreUse, z.ZodType>> = {
  cacheTtlMs: duration,
  staleOnErrorMs: duration,
  reads: oneOf('lazy', 'snapshot'),
  resumeTimeoutMs: duration,
  writers: oneOf('all', 'one'),
}

/** Two names of one thing: `cacheTTL` counts in seconds, as LaunchDarkly's SDKs for Node.js have it. */
export const CACHE_RIVALS: readonly string[] = ['cacheTtlMs', 'cacheTTL']

/** That part of options which says how a store is used, and nothing that was not said. */
export function readUse(options: StoreUse & { readonly cacheTTL?: number }): StoreUse {
  const { cacheTTL, staleOnErrorMs, reads, resumeTimeoutMs, writers } = options
  const cacheTtlMs = options.cacheTtlMs ?? (cacheTTL === undefined ? undefined : cacheTTL * 1_000)
  return {
    ...(cacheTtlMs !== undefined && { cacheTtlMs }),
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(resumeTimeoutMs !== undefined && { resumeTimeoutMs }),
    ...(writers && { writers }),
  }
}
