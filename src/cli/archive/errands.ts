import type { RelayConfig } from '../../relay/config/relay-config.ts'
import type { CommandContext } from '../command.ts'
import { type ConfigSource, readConfig } from '../relay-config.ts'

/** Reads the configuration of a relay that has environments of its own, and prints its warnings. */
export async function readOwnConfig(source: ConfigSource, context: CommandContext): Promise<RelayConfig> {
  const { config, warnings } = await readConfig(source)
  for (const warning of warnings) context.stderr(warning)
  if (config.offline)
    throw new Error('the environments of this configuration come with an archive: it has none of its own')
  return config
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
