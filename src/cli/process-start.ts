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

/** Versions of Node.js whose V8 has the flags and reads them at each use. An unknown flag would print an error. */
const FLAGGED: ReadonlySet<string> = new Set(['22', '24'])

/**
 * Limits the memory that V8 takes during a start and does not return. The space for new objects stays at its first size of 1 MiB, in place of the
 * 16 MiB to which the first payload would grow it. The WebAssembly of undici, which parses answers, is optimized after 150 times as many bytes as by
 * default, because its optimization takes 10 MB. Returns a function that lets the space grow as load requires. Respects flags that the user has set.
 */
export function limitStartMemory(): () => void {
  const [major = ''] = process.versions.node.split('.')
  const options = [...process.execArgv, process.env.NODE_OPTIONS].join(' ')
  if (!FLAGGED.has(major) || /semi[-_]space|wasm/.test(options)) return () => {}
  setFlagsFromString('--wasm-tiering-budget=2000000000')
  setFlagsFromString('--semi-space-growth-factor=1')
  return () => setFlagsFromString('--semi-space-growth-factor=2')
}

/** Returns the width of a terminal, in characters. A pseudo-terminal without a size, such as that of a container, reports 0. */
export function terminalColumns({ columns }: { readonly columns?: number }): number {
  return columns || 80
}
