import type { DataSystem } from '../datasystem/data-system.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { Item } from '../model/change-set.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { Gate } from './gate.ts'
import type { Patterns } from './patterns.ts'

/** Everything of one moment. */
export interface EveryFlag extends FlagReader {
  readonly flags: ReadonlyMap<string, Item>
}

export interface ReadParts {
  readonly dataSystem: DataSystem
  readonly patterns: Patterns
}

/** Everything there is to evaluate; `undefined` when there is nothing, or the database that has it does not answer. */
export async function readAll(
  { dataSystem, patterns }: ReadParts,
  gate: Gate,
): Promise<EveryFlag | undefined> {
  const { lazy } = dataSystem
  if (!lazy) return gate.open ? inMemory(dataSystem) : undefined
  try {
    return await inDatabase(lazy, patterns)
  } catch {
    // Memory may have been filled meanwhile, which ends all reading; otherwise the store's monitor has said why.
    return !dataSystem.lazy && gate.open ? inMemory(dataSystem) : undefined
  }
}

function inMemory(dataSystem: DataSystem): EveryFlag {
  const { flags } = dataSystem.snapshot()
  return { flags, flag: (key) => dataSystem.flag(key), segment: (key) => dataSystem.segment(key) }
}

async function inDatabase(lazy: LazyReads, patterns: Patterns): Promise<EveryFlag | undefined> {
  if (!(await lazy.ready())) return undefined
  const { flag: flags, segment: segments } = await lazy.all()
  if (flags.size + segments.size === 0 && (await lazy.vacant())) return undefined
  await patterns.prepareItems([...flags.values(), ...segments.values()])
  return { flags, flag: (key) => flags.get(key)?.object, segment: (key) => segments.get(key)?.object }
}
