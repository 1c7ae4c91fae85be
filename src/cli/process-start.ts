import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Keeps compiled code of the command for its next start, in a folder that only the user can write to: another user could plant code there.
 * Without such a folder, or if it cannot be written to, the command compiles its code at each start.
 */
export function enableCodeCache(variables: Variables): void {
  // Node.js reads both variables, and its own cache is in effect already.
  if (variables.NODE_COMPILE_CACHE || variables.NODE_DISABLE_COMPILE_CACHE) return
  const folder = codeCacheFolder(variables)
  if (folder !== undefined) enableCompileCache(folder)
}

/** Saves the compiled code now, because a container may be killed before Node.js does it at the end of the process. */
export function saveCodeCache(): void {
  flushCompileCache()
}

/** Returns the folder of the cache after it was created, or undefined if there is none that belongs to the user alone. */
export function codeCacheFolder({ XDG_CACHE_HOME = '', HOME }: Variables): string | undefined {
  // Windows has no user IDs.
  const user = process.getuid?.()
  if (user === undefined) return undefined
  try {
    const [base, ...names] = isAbsolute(XDG_CACHE_HOME) ? [XDG_CACHE_HOME] : [HOME || homedir(), '.cache']
    if (base === undefined || !isOwn(statSync(base), user)) return undefined
    const folder = join(base, ...names, 'halyard', 'compile-cache')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return isOwn(lstatSync(folder), user) ? folder : undefined
  } catch {
    return undefined
  }
}

interface Ownership {
  readonly uid: number
  readonly mode: number
  isDirectory(): boolean
}

const WRITABLE_BY_OTHERS = 0o022

function isOwn(folder: Ownership, user: number): boolean {
  return folder.isDirectory() && folder.uid === user && (folder.mode & WRITABLE_BY_OTHERS) === 0
}

/** Versions of Node.js whose V8 has the flag and reads it each time it grows the new space. An unknown flag would print an error. */
const GROWTH_FLAG: ReadonlySet<string> = new Set(['22', '24'])

/**
 * Keeps V8's space for new objects at its first size of 1 MiB, which a start would otherwise grow to 16 MiB, and V8 does not return it before
 * a long idle time. Returns a function that lets it grow again as load requires. Changes nothing if the user has set the size of that space.
 */
export function limitNewSpace(): () => void {
  const [major = ''] = process.versions.node.split('.')
  const isSet = /semi[-_]space/.test([...process.execArgv, process.env.NODE_OPTIONS].join(' '))
  if (isSet || !GROWTH_FLAG.has(major)) return () => {}
  setFlagsFromString('--semi-space-growth-factor=1')
  return () => setFlagsFromString('--semi-space-growth-factor=2')
}
