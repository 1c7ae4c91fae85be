import type { DataSourceStatus } from '../model/status.ts'

export const NO_SOURCE = 'no source is left that could bring flag data'

interface Problem {
  readonly lastError?: { readonly source: string; readonly message: string }
}

/** What is wrong, with the most recent failure if there was one. */
export function because(what: string, { lastError }: Problem): string {
  return lastError ? `${what}; ${lastError.source}: ${lastError.message}` : what
}

/** What keeps data from being fresh. */
export function explain(status: DataSourceStatus): string {
  const { state, since, source, lastError } = status
  if (state === 'off') return because(NO_SOURCE, status)
  // The status keeps its last error after recovery, and a goodbye is an interruption without one.
  if (lastError && lastError.at >= since) return `${lastError.source}: ${lastError.message}`
  return state === 'initializing' ? 'no source has confirmed the data yet' : `${source} was interrupted`
}
