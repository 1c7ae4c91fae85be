import { type Dirent, readdirSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FlagFileError, unreadable } from './flag-file-error.ts'

const FLAG_FILE = /^[^.].*\.(?:json|ya?ml)$/is

/**
 * Returns the flag files in a folder in the order of their names, or undefined if the path is no folder or does not exist. Ignores
 * subfolders, hidden files and other extensions.
 */
export async function filesInFolder(path: string): Promise<readonly string[] | undefined> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isDirectory() ? flagFilesAmong(path, await readdir(path, { withFileTypes: true })) : undefined
}

/** Does the same as {@link filesInFolder}, synchronously. */
export function filesInFolderSync(path: string): readonly string[] | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? flagFilesAmong(path, readdirSync(path, { withFileTypes: true }))
    : undefined
}

function flagFilesAmong(folder: string, entries: readonly Dirent[]): readonly string[] {
  // A read of anything else, such as a named pipe, might never end.
  const isReadable = (entry: Dirent): boolean => entry.isFile() || entry.isSymbolicLink()
  // Sorted by code unit, so that the order does not depend on the locale of the machine.
  return entries
    .filter((entry) => FLAG_FILE.test(entry.name) && isReadable(entry))
    .map(({ name }) => name)
    .toSorted()
    .map((name) => join(folder, name))
}

/**
 * Returns the paths of files, with each folder replaced by its flag files. Rejects with a {@link FlagFileError} if a folder cannot
 * be listed or has none.
 */
export async function withFolders(paths: readonly string[]): Promise<readonly string[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      const files = await filesInFolder(path).catch((cause: NodeJS.ErrnoException) => {
        throw unreadable(path, cause)
      })
      if (files?.length === 0) {
        const reason = 'the folder has no flag file (a name that ends in .json, .yaml or .yml)'
        throw new FlagFileError({ path, reason })
      }
      return files ?? [path]
    }),
  )
  return lists.flat()
}
