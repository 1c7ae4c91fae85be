import { expect, it } from 'vitest'
import { sharedLifetimeOf } from '../../../src/relay/client-side/cache-control.ts'

it.each<[Record<string, string>, number | undefined]>([
  [{}, 0],
  [{ 'cache-control': 'max-age=60' }, 60_000],
  [{ 'cache-control': 'Public, Max-Age="60"' }, 60_000],
  [{ 'cache-control': 'max-age=60, s-maxage=10' }, 10_000],
  [{ 'cache-control': 'max-age=60', age: '50' }, 10_000],
  [{ 'cache-control': 'max-age=60', age: '70' }, 0],
  [{ 'cache-control': 'max-age=60, no-cache' }, 0],
  [{ 'cache-control': 'max-age=x' }, 0],
  [{ 'cache-control': 'max-age=-1' }, 0],
  [{ 'cache-control': 'no-store' }, undefined],
  [{ 'cache-control': 'max-age=60,private' }, undefined],
])('(CS24.2) an answer with %j may be used for %s ms', (headers, lifetimeMs) => {
  expect(sharedLifetimeOf(headers)).toBe(lifetimeMs)
})
