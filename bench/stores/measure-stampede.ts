import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { given, tell } from '../child.ts'
import type { ClientName, FlagClient } from '../clients/client.ts'
import { USERS } from '../evaluation/contexts.ts'
import { type Commands, Database } from './database.ts'
import { stay } from './stay.ts'
import { loadReader } from './stored-clients.ts'

/** Measures many concurrent reads after the cache expired (a thundering herd), in this process. */
export interface StampedeSpec {
  readonly name: ClientName
  readonly redisPort: number
}

export interface Stampede {
  /** Redis commands for {@link EVALUATIONS} of one flag, by flag. */
  readonly evaluations: Readonly<Record<StampedeKey, Commands>>
  /** The same again, at once, for the missing flag. */
  readonly absentAgain: Commands
  readonly states: Commands
  readonly statesMs: number
}

/** A flag alone, with a segment, with a chain of two prerequisites, and a missing flag. */
export const STAMPEDE_KEYS = [
  'bench-simple',
  'bench-segment',
  'bench-prerequisites',
  'bench-nowhere',
] as const
export type StampedeKey = (typeof STAMPEDE_KEYS)[number]

const EVALUATIONS = 1_000
const STATES = 20
const TTL_MS = 1_000

const { name, redisPort } = given<StampedeSpec>()
stay()
const database = new Database(redisPort, new Redis({ host: '127.0.0.1', port: redisPort }))
const client: FlagClient = await (await loadReader(name))({ redisPort, cacheTtlMs: TTL_MS })
const evaluations: Partial<Record<StampedeKey, Commands>> = {}
let absentAgain: Commands = {}
for (const key of STAMPEDE_KEYS) {
  await client.boolVariation(key, USERS[0], false)
  await sleep(TTL_MS + 200)
  evaluations[key] = await database.count(() => everybody(key))
  if (key === 'bench-nowhere') absentAgain = await database.count(() => everybody(key))
}
await client.allFlagsState(USERS[0])
await sleep(TTL_MS + 200)
let statesMs = Number.NaN
const states = await database.count(async () => {
  const begun = performance.now()
  await Promise.all(Array.from({ length: STATES }, () => client.allFlagsState(USERS[0])))
  statesMs = performance.now() - begun
})
tell({
  evaluations: evaluations as Record<StampedeKey, Commands>,
  absentAgain,
  states,
  statesMs,
} satisfies Stampede)

async function everybody(key: string): Promise<void> {
  await Promise.all(Array.from({ length: EVALUATIONS }, () => client.boolVariation(key, USERS[0], false)))
}
