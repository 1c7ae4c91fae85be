import { systemClock } from '../../src/async/clock.ts'
import { Digest, hashRow } from '../../src/layout/digest.ts'
import { encodeItem, encodeTombstone } from '../../src/layout/row.ts'
import { REPLACED, type Sidecar, writeSidecar } from '../../src/layout/sidecar.ts'
import type { Row, StoreDescription, VersionedRow } from '../../src/model/persistent-store.ts'
import { type Ended, running } from './running.ts'

/** Runs `halyard inspect`. */
export function inspecting(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return running(['inspect', ...args], env)
}

/** A flag that is on, one that is off, a deleted one, and a segment. */
export const ROWS: readonly VersionedRow[] = [
  encodeItem('flag', { key: 'checkout', version: 7, object: { key: 'checkout', version: 7, on: true } }),
  encodeItem('flag', { key: 'search', version: 3, object: { key: 'search', version: 3, on: false } }),
  encodeTombstone('flag', 'gone', 9),
  encodeItem('segment', { key: 'staff', version: 2, object: { key: 'staff', version: 2 } }),
]

/** Returns the sidecar that Halyard writes with these rows. */
export function sidecarOf(rows: readonly Row[], facts: Partial<Sidecar> = {}): string {
  const digest = new Digest()
  for (const row of rows) digest.add(hashRow(row))
  return writeSidecar({
    selector: { state: '(p:abc:52)', version: 52 },
    keyFingerprint: '0123456789abcdef',
    generation: 'a-generation',
    revision: 4,
    notice: REPLACED,
    savedAt: 1_700_000_000_000,
    digest: digest.toString(),
    ...facts,
  })
}

/** Writes marker, rows and sidecar as Halyard does. */
export async function fill(
  description: StoreDescription,
  rows: readonly VersionedRow[] = ROWS,
): Promise<void> {
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const { store } = description.open({ clock: systemClock, random: () => 0, logger })
  const { signal } = new AbortController()
  await store.write({ type: 'full', rows, sidecar: sidecarOf(rows), notice: REPLACED }, signal)
  await store.close()
}
