import { stat } from 'node:fs/promises'
import { Backoff } from '../../async/backoff.ts'
import { type Clock, systemClock } from '../../async/clock.ts'
import { watchFiles } from '../../flag-file/watch.ts'
import { type Archive, ArchiveError } from '../archive/archive.ts'
import { readArchive } from '../archive/read-archive.ts'
import { refuseOtherArchive } from '../config/diff.ts'
import type { OfflineConfig } from '../config/option-types.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { logOf } from '../log.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../relay.ts'
import { type ArchiveChanges, OfflineEnvironments } from './offline-environments.ts'

/**
 * Starts a relay whose environments come with an archive, and that takes another archive as soon as there is one. Nothing
 * connects to a service. Rejects with an {@link ArchiveError} when there is no archive to begin with; one that is refused
 * later changes nothing.
 */
export async function startOffline(
  config: RelayConfig,
  offline: OfflineConfig,
  options: RelayServerOptions,
): Promise<RelayServer> {
  const { clock = systemClock } = options
  const { relay: logger } = logOf(config, options, clock)
  const life = new AbortController()
  const environments = new OfflineEnvironments(config)
  const news = followArchive(offline, clock, life.signal)
  environments.take(await readArchive(offline.archive, life.signal))
  let writtenAt = await timeOf(offline.archive, clock)
  const sourceOf = environments.sourceOf.bind(environments)
  const archivedAt = (): number => writtenAt
  const relay = await startRelayServer(environments.config, { ...options, sourceOf, archivedAt })

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
  found: Exclude<ArchiveCheck, { readonly type: 'same' }>,
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

function linesOf({ added, updated, removed }: ArchiveChanges): string[] {
  const line = (what: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`another archive: ${what} ${names.join(', ')}`] : []
  return [...line('added', added), ...line('updated', updated), ...line('removed', removed)]
}

/** What a look at an archive found. */
type ArchiveCheck =
  /** It is the one that was read last. */
  | { readonly type: 'same' }
  | { readonly type: 'archive'; readonly archive: Archive }
  | { readonly type: 'refused'; readonly error: ArchiveError }

/**
 * Looks at an archive again and again, and reads it when it is another one and two looks agree, so that one that is being
 * copied is left alone. One that was refused is read again with growing waits, even if it looks the same: a disk may have
 * failed. What there is when this is called counts as read. Ends when the signal aborts.
 */
export function followArchive(
  { archive, intervalMs }: OfflineConfig,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ArchiveCheck, void> {
  // Looked at before the first next(), so that a change during the caller's own reading is not missed.
  const looks = watchFiles([archive], { clock, signal, intervalMs })
  const backoff = new Backoff({ clock, random: () => 0, baseMs: intervalMs })
  const news = async function* (): AsyncGenerator<ArchiveCheck, void> {
    let retryAt = Infinity
    for await (const look of looks) {
      if (look === 'same' && clock.monotonic() < retryAt) {
        if (retryAt === Infinity) yield { type: 'same' }
        continue
      }
      const found = await readArchive(archive, signal).catch(refused)
      if (signal.aborted) return
      if (found instanceof ArchiveError) {
        retryAt = clock.monotonic() + backoff.failed()
        yield { type: 'refused', error: found }
      } else {
        retryAt = Infinity
        backoff.succeeded()
        yield { type: 'archive', archive: found }
      }
    }
  }
  return news()
}

/** Anything else is a defect, or the end; whoever looks at the signal knows which. */
function refused(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error
  throw error
}
