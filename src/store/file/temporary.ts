import { randomUUID } from 'node:crypto'
import { readdir, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** No write takes as long as this: whoever left such a file is gone. */
const LEFT_MS = 60_000
const SUFFIX = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** A name beside the file that nobody else uses, in any process. */
export function temporaryBeside(path: string): string {
  return `${path}.${randomUUID()}.tmp`
}

/** Removes what writers left behind that were killed. What cannot be removed is left to the next. */
export async function sweep(path: string, now: number): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => [])
  const stem = basename(path)
  for (const name of names) {
    if (!name.startsWith(stem) || !SUFFIX.test(name.slice(stem.length))) continue
    const file = join(dirname(path), name)
    const changed = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    )
    if (now - changed > LEFT_MS) await discard(file)
  }
}

/** Removes a file, if it can. */
export async function discard(path: string): Promise<void> {
  await unlink(path).catch(() => undefined)
}
