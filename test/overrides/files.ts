import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { OverridesStatus } from '../../src/overrides/overrides.ts'

/** A file of overrides, which is removed at the end of the test. */
export interface OverridesFile {
  readonly path: string
  /** Replaces the file in one step. */
  write(content: unknown): void
}

/** Creates a file with this content; without content there is no file yet. */
export function overridesFile(content?: unknown): OverridesFile {
  const folder = mkdtempSync(join(tmpdir(), 'overrides-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'overrides.json')
  const write = (next: unknown): void => {
    const text = typeof next === 'string' ? next : JSON.stringify(next)
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  if (content !== undefined) write(content)
  return { path, write }
}

interface Watched {
  readonly changes: () => AsyncIterable<OverridesStatus>
}

/** Resolves with the first status that meets the condition. */
export async function untilStatus(
  watched: Watched | undefined,
  holds: (status: OverridesStatus) => boolean,
): Promise<OverridesStatus> {
  for await (const status of watched?.changes() ?? []) if (holds(status)) return status
  throw new Error('the overrides were closed')
}
