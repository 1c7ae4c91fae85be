import { StoreError } from '../../model/errors.ts'
import { describeNetworkFailure, isNetworkFailure } from '../../transport/network-failure.ts'
import { certificateProblem } from '../../transport/tls.ts'

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'this is a replica and cannot be written to; give the address of the primary'],
  ['OOM', 'the server is out of memory; raise its maxmemory, or free memory'],
  ['NOAUTH', 'the server requires a password; give `password`, and `username` if there is one'],
  ['WRONGPASS', 'the server does not accept `username` and `password`'],
  ['NOPERM', 'the user lacks a permission'],
  ['WRONGTYPE', 'a key under the prefix has another type; delete that key, or choose another `prefix`'],
  ['CROSSSLOT', 'this is a cluster; give `cluster`, and a `prefix` with a hash tag such as {launchdarkly}'],
  [
    'MOVED',
    'this is a node of a cluster; give `cluster`, and a `prefix` with a hash tag such as {launchdarkly}',
  ],
  ['MISCONF', 'the server rejects writes because it cannot save them'],
  [
    'NOREPLICAS',
    'the server rejects writes because it has fewer replicas than `min-replicas-to-write` asks for',
  ],
])

/** Remedies for failed connections, whose reasons do not show that one side uses TLS and the other does not (S157). */
const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /\bETIMEDOUT\b|^timeout$/,
    'no connection within the time-out; check host and port, and use redis: without `tls` if the server does not use TLS',
  ],
  [
    /\bECONNRESET\b/,
    'the server closed the connection; use rediss: or `tls` if it requires TLS, or check that it is up',
  ],
  [
    /^None of startup nodes is available/,
    'no node of the cluster can be reached; check the hosts and ports, and give `tls` if the cluster requires TLS',
  ],
  [/cluster support disabled/, 'the server is not part of a cluster; give `url`, or `host` and `port`'],
  [/^ERR unknown command '?`?sentinel/i, 'the server is not a Sentinel; check the addresses in `sentinels`'],
]

/** Messages of ioredis that only follow from an earlier, more specific error. */
const CONSEQUENCES: ReadonlySet<string> = new Set([
  'Connection is closed.',
  'Command aborted due to connection close',
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  'Cluster is ended.',
])

const NO_SENTINEL = 'no Sentinel answers, or none knows the master'

/**
 * Returns a failure as a {@link StoreError}: the attempted operation, the location, the reason and a remedy. Never
 * contains a credential.
 */
export function toRedisError(failure: unknown, operation: string, where: string): StoreError {
  if (failure instanceof StoreError) return failure
  const reason = reasonOf(failure)
  // The failure itself must not be the cause: an error of the server holds its command, and that of a login the
  // password.
  const options = { cause: new Error(reason) }
  const message = (reason: string): string => `${where}: cannot ${operation}: ${reason}`
  const [code = ''] = reason.split(' ', 1)
  if (isFailedSelect(failure) && isAboutDatabase(reason)) {
    return new StoreError('wrong_database', message(noDatabase(failure, reason)), options)
  }
  if (code === 'FENCED') return new StoreError('fenced', message('another writer holds the lease'), options)
  const refusal = certificateProblem(failure) ?? REFUSALS.get(code)
  if (refusal) return new StoreError('refused', message(`${refusal} (${reason})`), options)
  const remedy = REMEDIES.find(([pattern]) => pattern.test(reason))?.[1]
  return new StoreError(
    'unavailable',
    message(remedy === undefined ? reason : `${remedy} (${reason})`),
    options,
  )
}

/** A failed SELECT, which leaves the connection in database 0. */
interface FailedSelect extends Error {
  readonly command: { readonly args: readonly unknown[] }
}

/** Recognizes the refusal to select a database. A missing login is another failure. */
export function isFailedSelect(failure: unknown): failure is FailedSelect {
  if (!(failure instanceof Error) || /^(NOAUTH|WRONGPASS)\b/.test(failure.message)) return false
  const { command } = failure as { readonly command?: { readonly name?: unknown } }
  return typeof command?.name === 'string' && command.name.toLowerCase() === 'select'
}

/**
 * Returns whether a SELECT failed because of the database or the user. Other errors, such as BUSY, concern the server
 * at that moment: the same SELECT may succeed later. One of them answers the first command of a connection that the
 * server refuses.
 */
function isAboutDatabase(reason: string): boolean {
  return /^(ERR|NOPERM)\b/.test(reason) && !reason.startsWith('ERR max number of clients')
}

function noDatabase({ command }: FailedSelect, reason: string): string {
  const db = Number(command.args[0])
  const [problem, remedy] = reason.startsWith('NOPERM')
    ? ['the user may not select', 'grant it +select, or use database 0']
    : reason.startsWith('ERR DB index')
      ? ['the server does not have', 'use a lower number, or raise `databases` in the configuration of Redis']
      : ['the server does not select', 'use database 0']
  return `${problem} database ${db} (${reason}); no other database is read or written. To correct it, ${remedy}`
}

export function abortedError(signal: AbortSignal, operation: string, where: string): StoreError {
  const { reason } = signal as { readonly reason: unknown }
  const why = reason instanceof Error && reason.name !== 'AbortError' ? reason.message : 'aborted'
  return new StoreError('unavailable', `${where}: cannot ${operation}: ${why}`, { cause: new Error(why) })
}

export function isOnlyClosed(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false
  const node = nodeFailure(failure)
  return node ? isOnlyClosed(node) : CONSEQUENCES.has(failure.message)
}

/** Recognizes a missing permission of the user, and a command that the server does not have. */
export function isForbidden(error: unknown): boolean {
  const reason = error instanceof StoreError && error.cause instanceof Error ? error.cause.message : ''
  return /^NOPERM\b|^ERR unknown command|can't run this command/.test(reason)
}

export function isReadOnly(failure: unknown): boolean {
  return failure instanceof Error && failure.message.startsWith('READONLY ')
}

function reasonOf(failure: unknown): string {
  if (isNetworkFailure(failure)) return describeNetworkFailure(failure)
  if (failure instanceof AggregateError) return failure.errors.map(reasonOf).join('; ')
  if (!(failure instanceof Error)) return String(failure)
  const node = nodeFailure(failure)
  if (node) return reasonOf(node)
  return (
    (failure.message || failure.name)
      .replace(
        /^All sentinels are unreachable and retry is disabled\.( Last error: Connection is closed\.)?$/,
        NO_SENTINEL,
      )
      .replace(/^All sentinels are unreachable and retry is disabled\. Last error: /, '')
      // Prefix of script errors before Redis 7.
      .replace(/^ERR Error running script .*?: -(?=[A-Z]{3,} )/s, '')
      // Older servers append the arguments, which may be secret.
      .replace(/, with args beginning with.*$/s, '')
  )
}

function nodeFailure(failure: Error): unknown {
  return (failure as { readonly lastNodeError?: unknown }).lastNodeError
}
