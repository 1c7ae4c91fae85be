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
    return `\n  ${name}: ${lastError?.message ?? 'nothing was heard of LaunchDarkly'}`
  })
  return `nothing to serve yet for ${late.length} of ${environments.length} environments:${reasons.join('')}`
}
