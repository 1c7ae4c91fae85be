import { systemClock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import { counted } from '../model/text.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import type { RelayServer } from '../relay/relay.ts'
import type { EnvironmentView } from '../relay/view.ts'
import { withoutConfiguration, withoutData, wrongDatabase } from './relay-start.ts'

const CHECK_MS = 50

/**
 * Waits until every environment has received its data and the database has confirmed all of it (`exitAlways`). Resolves with a
 * line for the log. Rejects with the reason if an environment has no data, or the members of its big segments are not synchronized,
 * after `initTimeout`, or if the database has not answered for that time, or cannot hold the data.
 */
export async function filled(
  running: RelayServer,
  { initTimeoutMs }: Pick<RelayConfig, 'initTimeoutMs'>,
  signal: AbortSignal,
): Promise<string> {
  const start = systemClock.monotonic()
  while (!signal.aborted) {
    const { view } = running
    const unusable = wrongDatabase(view)
    if (unusable !== undefined) throw new Error(unusable)
    const { environments, now } = view
    const late = environments.filter(({ serving }) => serving !== 'live' && serving !== 'archive')
    const isOver = systemClock.monotonic() - start >= initTimeoutMs
    if (isOver && (late.length > 0 || environments.length === 0)) {
      const names = late.map(({ name }) => name)
      throw new Error(
        `${withoutConfiguration(view) ?? withoutData(names, view)}\nThe database was not filled; the relay exits (exitAlways)`,
      )
    }
    const problems = environments.flatMap(
      (each) => storeProblem(each, now, initTimeoutMs) ?? (isOver ? memberProblem(each) : undefined) ?? [],
    )
    if (problems.length > 0)
      throw new Error(`the database could not be filled; the relay exits (exitAlways)${problems.join('')}`)
    if (environments.length > 0 && late.length === 0 && environments.every(isWritten))
      return summary(environments)
    await sleep(systemClock, CHECK_MS, signal)
  }
  throw new Error('stopped before the database was filled (exitAlways)')
}

function isWritten({ store, bigSegments }: EnvironmentView): boolean {
  return (store?.isWritten ?? true) && (!bigSegments || bigSegments.state === 'synchronized')
}

function storeProblem({ name, store }: EnvironmentView, now: number, timeoutMs: number): string | undefined {
  if (!store) return undefined
  const { status } = store
  const line = (text: string): string => `\n  ${name}: ${text}`
  if (status.role === 'reader')
    return line(`${status.name} holds another environment, whose data is not overwritten`)
  if (status.state === 'unavailable' && now - status.since >= timeoutMs)
    return line(
      `${status.name} has not answered for ${timeoutMs / 1_000} s: ${status.lastError?.message ?? ''}`,
    )
  const { refused } = status
  const names = refused.slice(0, 5).map(({ kind, key }) => `${kind} ${key}`)
  return refused.length > 0
    ? line(`${status.name} rejected ${counted(refused.length, 'row')}: ${names.join(', ')}`)
    : undefined
}

/** Returns the problem of an environment whose big segments wait for a further attempt. */
function memberProblem({ name, bigSegments }: EnvironmentView): string | undefined {
  return bigSegments?.state === 'waiting'
    ? `\n  ${name}: the members of its big segments could not be synchronized; the reason is in the log`
    : undefined
}

function summary(environments: readonly EnvironmentView[]): string {
  const lines = environments.map(
    ({ name, holds }) =>
      `\n  ${name}: ${counted(holds.flags, 'flag')}, ${counted(holds.segments, 'segment')}`,
  )
  return `the database has confirmed all data of ${counted(environments.length, 'environment')}; the relay exits (exitAlways)${lines.join('')}`
}
