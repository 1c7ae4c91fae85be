import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it } from 'vitest'

/** A server, browser or package that some suites need and that may be missing. */
export interface Requirement {
  /** The name for `HALYARD_MAY_LACK`. */
  readonly name: string
  /** Instruction to install it, for the last lines of a test run. */
  readonly remedy: string
  readonly isAvailable: () => boolean
}

declare module 'vitest' {
  interface TaskMeta {
    /** The missing requirement of a skipped suite, for the reporter. */
    readonly lacks?: { readonly name: string; readonly remedy: string }
  }
}

/**
 * Declares a suite with a requirement. If it is missing, the suite is skipped, and the last lines of the run have the instruction to
 * install it. With `CI` set the run fails instead, unless `HALYARD_MAY_LACK` (names, separated by commas) lists it.
 */
export function describeWith(requirement: Requirement, name: string, suite: () => void): void {
  if (requirement.isAvailable()) {
    describe(name, suite)
    return
  }
  const { name: lacking, remedy } = requirement
  const title = `${name} (skipped: ${lacking} is missing)`
  if (isCompulsory(lacking)) {
    it(title, () => {
      throw new Error(`${lacking} is missing: ${remedy}`)
    })
    return
  }
  describe.skip(title, { meta: { lacks: { name: lacking, remedy } } }, suite)
}

function isCompulsory(name: string): boolean {
  const { CI, HALYARD_MAY_LACK = '' } = process.env
  return Boolean(CI) && !HALYARD_MAY_LACK.split(',').includes(name)
}

/** Returns the path of an executable on `PATH`, or `undefined`. */
export function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
