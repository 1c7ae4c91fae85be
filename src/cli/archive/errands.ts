import type { Logger } from '../../model/logger.ts'
import type { RelayConfig } from '../../relay/config/relay-config.ts'
import { type ConfigSource, readConfig } from '../relay-config.ts'

/** What goes wrong on the way, beside what was asked for. */
export const complaints: Logger = {
  debug() {},
  info() {},
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
}

/** The configuration of a relay that has environments of its own. Its warnings are told. */
export async function readOwnConfig(source: ConfigSource): Promise<RelayConfig> {
  const { config, warnings } = await readConfig(source)
  for (const warning of warnings) complaints.warn(warning)
  if (config.offline)
    throw new Error('the environments of this configuration come with an archive: it has none of its own')
  return config
}

/** Aborts when the process is told to stop, so that nothing is left half done. */
export function untilStopped(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)))
  }
  return stopping.signal
}

/** What became of each; throws what went wrong with any, so that all or nothing goes on. */
export async function allOf<T>(names: readonly string[], work: readonly Promise<T>[]): Promise<readonly T[]> {
  const ends = await Promise.allSettled(work)
  const faults = ends.flatMap((end, index) =>
    end.status === 'rejected' ? [`${names[index]}: ${(end.reason as Error).message}`] : [],
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
}
