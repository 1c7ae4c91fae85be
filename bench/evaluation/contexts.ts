import type { BenchContext } from '../clients/client.ts'

/** Two contexts that alternate, so that no result can be reused. They have every attribute that the flags use. */
export const USERS = [
  {
    kind: 'user',
    key: 'user-4711',
    name: 'Ada',
    country: 'de',
    email: 'ada@team-7.example.com',
    plan: 'team',
    appVersion: '4.12.3',
    seats: 120,
  },
  {
    kind: 'user',
    key: 'user-4712',
    name: 'Grace',
    country: 'us',
    email: 'grace@team-8.example.com',
    plan: 'team',
    appVersion: '3.9.14',
    seats: 80,
  },
] as const satisfies readonly BenchContext[]

/** The second context. */
export const USERS_AT_WORK: readonly BenchContext[] = USERS.map(({ key, country, ...others }) => ({
  kind: 'multi',
  user: { key, country },
  organization: { ...others, key: `organization of ${key}` },
  device: { key: `device of ${key}`, os: 'linux' },
}))
