import { StoreError } from '../../model/errors.ts'
import { describeNetworkFailure, isNetworkFailure } from '../../transport/network-failure.ts'
import { certificateProblem } from '../../transport/tls.ts'

/** What the first word of a server's error means to whoever runs it. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'this is a replica and cannot be written to; give the address of the primary'],
  ['OOM', 'the server is out of memory; raise its maxmemory, or make room'],
  ['NOAUTH', 'the server wants a password; give `password`, and `username` where there is one'],
  ['WRONGPASS', 'the server does not accept `username` and `password`'],
  ['NOPERM', 'the user lacks a permission'],
  ['WRONGTYPE', 'a key under the prefix holds something else; delete that key, or take another `prefix`'],
  ['CROSSSLOT', 'this is a cluster; give `cluster`, and a `prefix` with a hash tag such as {launchdarkly}'],
  [
    'MOVED',
    'this is a node of a cluster; give `cluster`, and a `prefix` with a hash tag such as {launchdarkly}',
  ],
  ['MISCONF', 'the server takes no writes because it cannot save them'],
  [
    'NOREPLICAS',
    'the server takes no writes because it has fewer replicas than `min-replicas-to-write` asks for',
  ],
])

/** Words of ioredis that say less than the failure before them. */
const CLOSED: ReadonlySet<string> = new Set([
  'Connection is closed.',
  'Command aborted due to connection close',
  'None of startup nodes is available',
  'Failed to refresh slots cache.',
  'Cluster is ended.',
])

const NO_SENTINEL = 'no Sentinel answers, or none knows the master'

/** A failure as the port promises it: what was tried, where, why, and what to do. Never a credential. */
export function toRedisError(failure: unknown, tried: string, where: string): StoreError {
  if (failure instanceof StoreError) return failure
  const words = wordsOf(failure)
  // Not the failure itself: a server's error carries its command, and that of a login the password.
  const options = { cause: new Error(words) }
  const say = (reason: string): string => `${where}: cannot ${tried}: ${reason}`
  const [code = ''] = words.split(' ', 1)
  if (isFailedSelect(failure) && isAboutDatabase(words)) {
    return new StoreError('wrong_database', say(noDatabase(failure, words)), options)
  }
  if (code === 'FENCED') return new StoreError('fenced', say('another writer holds the lease'), options)
  const refusal = certificateProblem(failure) ?? REFUSALS.get(code)
  if (refusal) return new StoreError('refused', say(`${refusal} (${words})`), options)
  return new StoreError('unavailable', say(words), options)
}

/** An answer of the server to SELECT that leaves the connection in database 0. */
interface FailedSelect extends Error {
  readonly command: { readonly args: readonly unknown[] }
}

/** Returns whether the server refused to select a database. A missing login is another failure. */
export function isFailedSelect(failure: unknown): failure is FailedSelect {
  if (!(failure instanceof Error) || /^(NOAUTH|WRONGPASS)\b/.test(failure.message)) return false
  const { command } = failure as { readonly command?: { readonly name?: unknown } }
  return typeof command?.name === 'string' && command.name.toLowerCase() === 'select'
}

/**
 * Returns whether a failed SELECT says something about the database or the user. Other answers are about the server at that
 * moment, such as BUSY, and the same SELECT may succeed later. A server that refuses a connection answers its first command.
 */
function isAboutDatabase(words: string): boolean {
  return /^(ERR|NOPERM)\b/.test(words) && !words.startsWith('ERR max number of clients')
}

function noDatabase({ command }: FailedSelect, words: string): string {
  const db = Number(command.args[0])
  const [problem, remedy] = words.startsWith('NOPERM')
    ? ['the user may not select', 'grant it +select, or use database 0']
    : words.startsWith('ERR DB index')
      ? ['the server does not have', 'use a lower number, or raise `databases` in the configuration of Redis']
      : ['the server does not select', 'use database 0']
  return `${problem} database ${db} (${words}); no other database is read or written. To correct it, ${remedy}`
}

/** A call that was given up, because of what its signal says. */
export function abortedError(signal: AbortSignal, tried: string, where: string): StoreError {
  const { reason } = signal as { readonly reason: unknown }
  const why = reason instanceof Error && reason.name !== 'AbortError' ? reason.message : 'given up'
  return new StoreError('unavailable', `${where}: cannot ${tried}: ${why}`, { cause: new Error(why) })
}

/** Whether the failure is a consequence of one that was told of before it. */
export function isOnlyClosed(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false
  const node = nodeFailure(failure)
  return node ? isOnlyClosed(node) : CLOSED.has(failure.message)
}

/** Whether the server lets this user do less than was asked, or does not know what was asked. */
export function isForbidden(error: unknown): boolean {
  const words = error instanceof StoreError && error.cause instanceof Error ? error.cause.message : ''
  return /^NOPERM\b|^ERR unknown command|can't run this command/.test(words)
}

export function isReadOnly(failure: unknown): boolean {
  return failure instanceof Error && failure.message.startsWith('READONLY ')
}

function wordsOf(failure: unknown): string {
  if (isNetworkFailure(failure)) return describeNetworkFailure(failure)
  if (failure instanceof AggregateError) return failure.errors.map(wordsOf).join('; ')
  if (!(failure instanceof Error)) return String(failure)
  const node = nodeFailure(failure)
  if (node) return wordsOf(node)
  return (
    (failure.message || failure.name)
      .replace(
        /^All sentinels are unreachable and retry is disabled\.( Last error: Connection is closed\.)?$/,
        NO_SENTINEL,
      )
      .replace(/^All sentinels are unreachable and retry is disabled\. Last error: /, '')
      // What a server before version 7 says of a script that failed.
      .replace(/^ERR Error running script .*?: -(?=[A-Z]{3,} )/s, '')
      // An old server repeats the arguments of what it does not know.
      .replace(/, with args beginning with.*$/s, '')
  )
}

/** What the last node of a cluster said, when none was of use. */
function nodeFailure(failure: Error): unknown {
  return (failure as { readonly lastNodeError?: unknown }).lastNodeError
}
