import { stat } from 'node:fs/promises'
import { Backoff } from '../../async/backoff.ts'
import { type Clock, systemClock } from '../../async/clock.ts'
import { watchFiles } from '../../flag-file/watch.ts'
import { type Archive, ArchiveError } from '../archive/archive.ts'
import { readArchive } from '../archive/read-archive.ts'
import { refuseOtherOrigin } from '../config/diff.ts'
import type { OfflineConfig } from '../config/option-groups.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import { relayUrls } from '../listeners.ts'
import { logOf } from '../log.ts'
import { type RelayServer, type RelayServerOptions, startRelayServer } from '../relay.ts'
import { type ArchiveChanges, OfflineEnvironments } from './offline-environments.ts'

/**
 * Starts a relay whose environments come from an archive, without a connection to a service. It applies each change of the archive.
 * Rejects with an {@link ArchiveError} if the first archive is invalid. If a later one is invalid, the last valid one stays in use.
 */
export async function startOffline(
  config: RelayConfig,
  offline: OfflineConfig,
  options: RelayServerOptions,
): Promise<RelayServer> {
  const { clock = systemClock } = options
  const { relay: logger } = logOf(config, options, clock)
  const stopped = new AbortController()
  const environments = new OfflineEnvironments(config)
  const checks = followArchive(offline, clock, stopped.signal)
  environments.update(await readArchive(offline.archive, stopped.signal))
  let writtenAt = await modificationTime(offline.archive, clock)
  const sourceOf = environments.sourceOf.bind(environments)
  const archivedAt = (): number => writtenAt
  const relay = await startRelayServer(environments.config, { ...options, sourceOf, archivedAt })

  const apply = async (archive: Archive): Promise<void> => {
    const changes = environments.update(archive)
    writtenAt = await modificationTime(offline.archive, clock)
    await relay.reload(environments.config)
    for (const line of linesOf(changes)) logger.info(line)
  }
  const follow = async (): Promise<void> => {
    let lastError: string | undefined
    for await (const check of checks) {
      if (check.type !== 'same') {
        const previous = lastError
        lastError = await applyCheck(check, apply)
        if (lastError !== undefined && lastError !== previous)
          logger.error(`${lastError}; the last valid archive stays in use`)
      } else if (lastError === undefined) environments.confirm()
    }
  }
  const following = follow().catch((error: unknown) => {
    if (!stopped.signal.aborted)
      logger.error(`changes of the archive are no longer applied until the relay restarts: ${String(error)}`)
  })

  return {
    ...relayUrls(relay),
    get view() {
      return relay.view
    },
    started: relay.started,
    async reload(next) {
      refuseOtherOrigin(config, next)
      environments.configure(next)
      await relay.reload(environments.config)
    },
    async close(options) {
      stopped.abort()
      await following
      await relay.close(options)
    },
  }
}

/** Returns the modification time of the archive, or the current time if it does not exist any more. */
async function modificationTime(path: string, clock: Clock): Promise<number> {
  const stats = await stat(path).catch(() => undefined)
  return Math.round(stats?.mtimeMs ?? clock.now())
}

/** Applies an archive. Returns the error message if the archive is invalid, or if one of its environments is in conflict with others. */
async function applyCheck(
  check: Exclude<ArchiveCheck, { readonly type: 'same' }>,
  apply: (archive: Archive) => Promise<void>,
): Promise<string | undefined> {
  if (check.type === 'refused') return check.error.message
  try {
    await apply(check.archive)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function linesOf({ added, updated, removed }: ArchiveChanges): string[] {
  const line = (change: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`applied a changed archive: ${change} ${names.join(', ')}`] : []
  return [...line('added', added), ...line('updated', updated), ...line('removed', removed)]
}

type ArchiveCheck =
  | { readonly type: 'same' }
  | { readonly type: 'archive'; readonly archive: Archive }
  | { readonly type: 'refused'; readonly error: ArchiveError }

/**
 * Checks an archive at each interval. Reads it when it has changed and two checks agree, so that an incomplete copy is not read. An
 * invalid archive is read again with a growing backoff even if it has not changed, because the cause may have been the disk. The
 * caller reads the archive that exists at the call. Ends when the signal aborts.
 */
export function followArchive(
  { archive, intervalMs }: OfflineConfig,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ArchiveCheck, void> {
  // Starts before the first next(), so that a change while the caller reads the archive is not missed.
  const files = watchFiles([archive], { clock, signal, intervalMs })
  const backoff = new Backoff({ clock, random: () => 0, baseMs: intervalMs })
  const checks = async function* (): AsyncGenerator<ArchiveCheck, void> {
    let retryAt = Infinity
    for await (const file of files) {
      if (file === 'same' && clock.monotonic() < retryAt) {
        if (retryAt === Infinity) yield { type: 'same' }
        continue
      }
      const result = await readArchive(archive, signal).catch(refused)
      if (signal.aborted) return
      if (result instanceof ArchiveError) {
        retryAt = clock.monotonic() + backoff.failed()
        yield { type: 'refused', error: result }
      } else {
        retryAt = Infinity
        backoff.succeeded()
        yield { type: 'archive', archive: result }
      }
    }
  }
  return checks()
}

/** Returns an ArchiveError, and rethrows other errors: a defect, or the reason of the signal. */
function refused(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error
  throw error
}
