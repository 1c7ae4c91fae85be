import { stat } from 'node:fs/promises'
import { type Clock, systemClock } from '../../async/clock.ts'
import type { Archive } from '../archive/archive.ts'
import { readArchive } from '../archive/read-archive.ts'
import { refuseOtherArchive } from '../config/refuse-other-archive.ts'
import type { OfflineConfig, RelayConfig } from '../config/relay-config.ts'
import { logOf } from '../logging/log-of.ts'
import { type Relay, type StartOptions, startRelay } from '../relay.ts'
import { type ArchiveNews, followArchive } from './follow-archive.ts'
import { OfflineEnvironments, type Taken } from './offline-environments.ts'

/**
 * Starts a relay whose environments come with an archive, and that takes another archive as soon as there is one. Nothing
 * connects to a service. Rejects with an {@link ArchiveError} when there is no archive to begin with; one that is refused
 * later changes nothing.
 */
export async function startOffline(
  config: RelayConfig,
  offline: OfflineConfig,
  options: StartOptions,
): Promise<Relay> {
  const { clock = systemClock } = options
  const { relay: logger } = logOf(config, options, clock)
  const life = new AbortController()
  const environments = new OfflineEnvironments(config)
  const news = followArchive(offline, clock, life.signal)
  environments.take(await readArchive(offline.archive, life.signal))
  let writtenAt = await timeOf(offline.archive, clock)
  const sourceOf = environments.sourceOf.bind(environments)
  const archivedAt = (): number => writtenAt
  const relay = await startRelay(environments.config, { ...options, sourceOf, archivedAt })

  const take = async (archive: Archive): Promise<void> => {
    const taken = environments.take(archive)
    writtenAt = await timeOf(offline.archive, clock)
    await relay.reload(environments.config)
    for (const line of linesOf(taken)) logger.info(line)
  }
  const follow = async (): Promise<void> => {
    let fault: string | undefined
    for await (const found of news) {
      if (found.type !== 'same') {
        const known = fault
        fault = await faultOf(found, take)
        if (fault !== undefined && fault !== known)
          logger.error(`${fault}; the last good archive stays in force`)
      } else if (fault === undefined) environments.confirm()
    }
  }
  const following = follow().catch((error: unknown) => {
    if (!life.signal.aborted) logger.error(`the archive is not followed any more: ${String(error)}`)
  })

  return {
    url: relay.url,
    get view() {
      return relay.view
    },
    started: relay.started,
    async reload(next) {
      refuseOtherArchive(config, next)
      environments.configure(next)
      await relay.reload(environments.config)
    },
    async close(options) {
      life.abort()
      await following
      await relay.close(options)
    },
  }
}

/** Returns when the archive was written, by its time on disk; the present if it is gone by now. */
async function timeOf(path: string, clock: Clock): Promise<number> {
  const stats = await stat(path).catch(() => undefined)
  return Math.round(stats?.mtimeMs ?? clock.now())
}

/** One that could be read may be refused still, beside the environments that are left as they are. */
async function faultOf(
  found: Exclude<ArchiveNews, { readonly type: 'same' }>,
  take: (archive: Archive) => Promise<void>,
): Promise<string | undefined> {
  if (found.type === 'refused') return found.error.message
  try {
    await take(found.archive)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function linesOf({ added, updated, removed }: Taken): string[] {
  const line = (what: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`another archive: ${what} ${names.join(', ')}`] : []
  return [...line('added', added), ...line('updated', updated), ...line('removed', removed)]
}
