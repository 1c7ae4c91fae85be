import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { devNull } from 'node:os'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import type { RelayConfig } from './config/relay-config.ts'

/** Files that are kept free for logs, DNS, flag files and archives. */
const SPARE_FILES = 64

/** For each environment: its stream, a poll beside it, and the database. */
const FILES_PER_ENVIRONMENT = 3

/**
 * Limits how many clients are connected at the same time to what the limit on open files allows. Without files the relay could
 * not reach the service or the database, and Node does not report that a connection could not be accepted.
 */
export function limitConnections(
  http: Server,
  { environments }: Pick<RelayConfig, 'environments'>,
  onRefused: (limit: number) => void,
): void {
  const files = maxOpenFiles()
  if (files === undefined) return
  const reserved = SPARE_FILES + FILES_PER_ENVIRONMENT * environments.length
  const limit = Math.max(Math.ceil(files / 2), files - reserved)
  http.maxConnections = limit
  http.on('drop', () => onRefused(limit))
}

/** Time between two looks at whether a file can be opened, milliseconds. */
const CHECK_INTERVAL_MS = 5_000

/**
 * Notices that this process cannot open any more files. Neither Node nor the system reports it when that keeps connections from
 * being accepted: they are closed in silence. Never rejects.
 *
 * @param onShortage is called with each look that finds no file left.
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

/** Returns the limit of this process, or undefined if there is none or the platform does not have the file. */
function maxOpenFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
