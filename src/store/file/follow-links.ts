import { readlink, realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { hasCode } from './errors.ts'

/** What a path leads to, so that a link stays one when its file is replaced. The file need not exist. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    const next = await readlink(path).catch(() => undefined)
    return next === undefined ? path : followLinks(resolve(dirname(path), next))
  }
}
