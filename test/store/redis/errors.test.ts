import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import type { StoreError } from '../../../src/model/errors.ts'
import { isForbidden, toRedisError } from '../../../src/store/redis/errors.ts'

const errorOf = (words: string): StoreError => toRedisError(new Error(words), 'write', 'Redis at h:1')

it.each([
  ['READONLY You can not write', 'refused', 'replica'],
  [
    'ERR Error running script (call to f_1): @user_script:3: -READONLY You can not write',
    'refused',
    'replica',
  ],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'refused', 'maxmemory'],
  ['MISCONF Redis is configured to save RDB snapshots', 'refused', 'cannot save'],
  ['CROSSSLOT Keys in request do not hash to the same slot', 'refused', 'hash tag'],
  ['LOADING Redis is loading the dataset in memory', 'unavailable', 'LOADING'],
  ['ERR max number of clients reached', 'unavailable', 'max number'],
  ['FENCED 6 is not the last', 'fenced', 'another writer'],
])('(S74) %s is %s', (words, kind, reason) => {
  expect(errorOf(words)).toMatchObject({
    kind,
    message: expect.stringMatching(new RegExp(`^Redis at h:1: cannot write: .*${reason}`)) as unknown,
  })
})

it.each([
  ['ERR DB index is out of range', 'wrong_database'],
  ["NOPERM User x has no permissions to run the 'select' command", 'wrong_database'],
  ['ERR SELECT is not allowed in cluster mode', 'wrong_database'],
  ['ERR max number of clients reached', 'unavailable'],
  ['BUSY Redis is busy running a script', 'unavailable'],
  ['LOADING Redis is loading the dataset in memory', 'unavailable'],
  ['NOAUTH Authentication required.', 'refused'],
])('(S180) a SELECT that fails with %s is %s', (words, kind) => {
  const failure = Object.assign(new Error(words), { command: { name: 'select', args: [3] } })
  expect(toRedisError(failure, 'read', 'Redis at h:1').kind).toBe(kind)
})

it('(D21) repeats no part of an invalid login, also not in nested properties', () => {
  const words = 'ERR unknown command `AUTH`, with args beginning with: `default`, `hunter2`, '
  const failure = Object.assign(new Error(words), { command: { name: 'auth', args: ['default', 'hunter2'] } })
  const error = toRedisError(failure, 'read', 'Redis at h:1')
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2')
  expect(error.message).toBe('Redis at h:1: cannot read: ERR unknown command `AUTH`')
})

it('names all addresses of a failure', () => {
  const failure = new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')])
  expect(toRedisError(failure, 'read', 'Redis').message).toContain('refused by ::1; refused by 127.0.0.1')
})

it('recognizes a missing permission in the messages of several versions', () => {
  for (const words of [
    "NOPERM User x has no permissions to run the 'evalsha' command",
    "ERR unknown command 'evalsha'",
    "ERR The user executing the script can't run this command or subcommand",
  ]) {
    expect(isForbidden(errorOf(words))).toBe(true)
  }
  expect(isForbidden(errorOf('ERR something else'))).toBe(false)
  expect(isForbidden(new Error('NOPERM'))).toBe(false)
})

it.each([
  ['connect ETIMEDOUT', 'use redis: without `tls` if the server does not use TLS (connect ETIMEDOUT)'],
  ['read ECONNRESET', 'use rediss: or `tls` if it requires TLS, or check that it is up (read ECONNRESET)'],
  ['None of startup nodes is available', 'no node of the cluster can be reached; check the hosts and ports'],
  ['ERR This instance has cluster support disabled', 'the server is not part of a cluster'],
  ["ERR unknown command 'sentinel'", 'the server is not a Sentinel'],
])('(S157) gives a remedy in one line for %j', (message, remedy) => {
  const error = toRedisError(new Error(message), 'read', 'Redis at h:1')
  expect(error.message).toContain(remedy)
  expect(error.message).not.toContain('\n')
})
