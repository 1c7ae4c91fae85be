import type { DataSystem } from '../datasystem/data-system.ts'

/** Whether there is data, and in memory: the SDK cannot wait for a database that is to be read first. */
export function isHolding({ initialized, lazy }: Pick<DataSystem, 'initialized' | 'lazy'>): boolean {
  return initialized && (lazy === undefined || lazy.fills === 'with the service')
}
