import type { DataSystemParams } from './create-request.ts'

/** The place of persistent stores. There are none yet, and serving without the one that was asked for would be a lie. */
export function refuseStore({ store }: DataSystemParams): void {
  const asked = store?.persistentDataStore
  if (asked !== undefined && asked !== null) throw new Error('persistent stores are not supported')
}
