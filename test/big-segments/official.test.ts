import { expect, it } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { answersOf, startBeside } from './beside-official.ts'

interface Answers {
  readonly getMetadata: () => Promise<{ readonly lastUpToDate?: number } | undefined>
  readonly getUserMembership: (hash: string) => Promise<Record<string, boolean> | undefined>
}

const current = async (): Promise<{ readonly lastUpToDate: number }> => ({ lastUpToDate: Date.now() })
const memberships = async (hash: string): Promise<Record<string, boolean> | undefined> =>
  hash === bigSegmentHash('u-1') ? { 's.g1': true, 't.g1': false, 'org.g1': true } : undefined
const down = (): Promise<never> => Promise.reject(new Error('the store is down'))

it.each<[string, Answers, string]>([
  ['answers', { getMetadata: current, getUserMembership: memberships }, 'HEALTHY'],
  ['has no time', { getMetadata: async () => ({}), getUserMembership: memberships }, 'STALE'],
  ['has no metadata', { getMetadata: async () => undefined, getUserMembership: memberships }, 'STALE'],
  ['fails queries', { getMetadata: current, getUserMembership: down }, 'STORE_ERROR'],
  ['fails polls', { getMetadata: down, getUserMembership: memberships }, 'STORE_ERROR'],
  ['fails', { getMetadata: down, getUserMembership: down }, 'STORE_ERROR'],
])(
  '(BS1, BS4.4, S30) has the results of the official SDK with a store that %s',
  async (_, answers, worst) => {
    const store = () => ({ ...answers, close() {} })
    const { theirs, ours } = await startBeside({ theirs: { store }, ours: [{ store }] })
    const expected = await answersOf(theirs)
    expect(JSON.stringify(expected)).toContain(`"bigSegmentsStatus":"${worst}"`)
    for (const client of ours) expect(await answersOf(client)).toEqual(expected)
  },
)
