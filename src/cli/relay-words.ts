import { counted } from '../model/text.ts'
import { COUNTS_AT_ONCE, type ConfigDiff } from '../relay/config/diff.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import type { RelayView } from '../relay/view.ts'

/** Why a relay does not start, in words that name what to change; anything else as it is. */
export function explained(error: unknown, { port, host }: Pick<RelayConfig, 'port' | 'host'>): unknown {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  const where = `${host ?? 'any address'}, port ${port}`
  if (syscall === 'getaddrinfo') {
    return new Error(`cannot listen on ${where}: no machine has that name (${code}); see host in [Main]`, {
      cause: error,
    })
  }
  if (syscall !== 'listen') return error
  const [what, option] = LISTENING[code] ?? ['the system does not allow it', 'host and port']
  return new Error(`cannot listen on ${where}: ${what} (${code}); see ${option} in [Main]`, { cause: error })
}

const LISTENING: Readonly<Record<string, readonly [what: string, option: string]>> = {
  EADDRINUSE: ['another process does', 'port'],
  EACCES: ['the system keeps that port to itself', 'port'],
  EADDRNOTAVAIL: ['this machine does not have that address', 'host'],
}

/** Which environments have nothing to serve yet, and what was in the way last. */
export function withoutData(late: readonly string[], { environments }: RelayView): string {
  const reasons = late.map((name) => {
    const { lastError } = environments.find((each) => each.name === name)?.source ?? {}
    // The log has the hint already.
    const message = lastError?.message.replace(` (${lastError.hint})`, '')
    return `\n  ${name}: ${message ?? 'nothing was heard of LaunchDarkly'}`
  })
  return `nothing to serve yet for ${late.length} of ${counted(environments.length, 'environment')}:${reasons.join('')}`
}

/** Returns why a configured database can never be used as things are, if that is so. */
export function wrongDatabase({ environments }: RelayView): string | undefined {
  const failures = environments.flatMap(({ name, store }) => {
    const { state, lastError } = store?.status ?? {}
    return state === 'unavailable' &&
      (lastError?.kind === 'wrong_database' || lastError?.kind === 'missing_package')
      ? [`${name}: ${lastError.message}`]
      : []
  })
  return failures.length > 0
    ? `the configured database cannot be used; the relay ends\n  ${failures.join('\n  ')}`
    : undefined
}

/** A line is for reading: beyond this many names the rest is counted. */
const MAX_NAMES = 10

/** What another configuration brings, changes and takes away; what counts after a restart is warned of elsewhere. */
export function differences({ added, changed, removed, settings }: ConfigDiff): string {
  const lists = Object.entries({ added, changed, removed }).filter(([, list]) => list.length > 0)
  const words = lists.map(([what, list]) => {
    const names = list.slice(0, MAX_NAMES).map(({ name }) => name)
    const more = list.length - names.length
    return `${what} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
  const others = settings.filter((name) => COUNTS_AT_ONCE.has(name))
  if (others.length > 0) words.push(`${others.join(', ')} as it says now`)
  return words.join('; ') || 'every environment stays as it is'
}
