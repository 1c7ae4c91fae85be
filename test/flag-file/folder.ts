import { mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Creates a folder that is deleted after the test. */
export async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-files-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Returns the text of a flag file with constant flags. */
export function flagValues(values: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ flagValues: values })
}

/**
 * Fills a folder as Kubernetes mounts a config map: every file is a link through `..data`, itself a link, which an update
 * swaps for one that leads to a new folder; then the old folder goes.
 */
export async function mountConfigMap(
  folder: string,
  version: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const link = join(folder, '..data')
  const old = await readlink(link).catch(() => undefined)
  await mkdir(join(folder, `..${version}`))
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, `..${version}`, name), text)
    if (old === undefined) await symlink(join('..data', name), join(folder, name))
  }
  await symlink(`..${version}`, `${link}_tmp`)
  await rename(`${link}_tmp`, link)
  if (old !== undefined) await rm(join(folder, old), { recursive: true })
}
