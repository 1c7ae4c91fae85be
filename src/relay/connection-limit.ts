import { closeSync, openSync, readFileSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import type { RelayConfig } from './config/relay-config.ts'

/** Open files that are reserved for logs, DNS, flag files and archives. */
const SPARE_FILES = 64

/** Open files that are reserved for each environment: a stream, a poll and the database. */
const FILES_PER_ENVIRONMENT = 3

/** Open files that are reserved for each environment whose events are forwarded, beside those of its data. */
const FILES_FOR_EVENTS = 16

/** The number of environments for which files are reserved with automatic configuration, which sends the list later. */
const EXPECTED_ENVIRONMENTS = 100

/** Connections that each port for operators accepts: viewers of the page, scrapes, probes. */
export const MAX_OPERATOR_CONNECTIONS = 256

/**
 * Returns the number of connections that SDKs may open, so that the relay never reaches the limit on open files. There it could
 * not connect to the service or the database, and Node would not report connections that cannot be accepted. Returns `undefined`
 * if there is no limit.
 */
export function maxSdkConnections({
  environments,
  autoConfig,
  admin,
  prometheus,
  events,
}: LimitConfig): number | undefined {
  const files = maxOpenFiles()
  if (files === undefined) return undefined
  const operatorPorts = [admin, prometheus].filter(Boolean).length
  const count = autoConfig ? EXPECTED_ENVIRONMENTS : environments.length
  const perEnvironment = FILES_PER_ENVIRONMENT + (events.send ? FILES_FOR_EVENTS : 0)
  const reserved = SPARE_FILES + perEnvironment * count + MAX_OPERATOR_CONNECTIONS * operatorPorts
  return Math.max(Math.ceil(files / 2), files - reserved)
}

type LimitConfig = Pick<RelayConfig, 'environments' | 'autoConfig' | 'admin' | 'prometheus' | 'events'>

const CHECK_INTERVAL_MS = 5_000

/**
 * Checks periodically if this process can open a file. Without a free file descriptor the system closes new connections, and
 * neither Node nor the system reports that. Never rejects.
 *
 * @param onShortage - is called at each check that fails.
 */
export async function watchOpenFiles(
  clock: Clock,
  signal: AbortSignal,
  onShortage: () => void,
): Promise<void> {
  while (!signal.aborted) {
    if (!canOpenFile()) onShortage()
    await sleep(clock, CHECK_INTERVAL_MS, signal)
  }
}

function canOpenFile(): boolean {
  try {
    closeSync(openSync(devNull, 'r'))
    return true
  } catch (error) {
    return !['EMFILE', 'ENFILE'].includes(String((error as NodeJS.ErrnoException).code))
  }
}

/** Returns the soft limit of this process, or undefined if it is unlimited or the platform has no `/proc`. */
function maxOpenFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
