import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { folderForTest } from '../developing.ts'
import { type Ended, running } from '../running.ts'

/** Keys that no output may contain. */
export const KEYS = { spree: 'sdk-spree-0b5e-secret', test: 'sdk-test-7c1d-secret' }

export interface Archiving {
  readonly folder: string
  /** Returns a path in the folder. */
  readonly path: (name: string) => string
  /** Writes a configuration and resolves with its path. */
  readonly configure: (...sections: readonly string[]) => Promise<string>
  /** Runs `halyard archive` and checks that its output contains no key. */
  readonly run: (...args: readonly string[]) => Promise<Ended>
}

export const SPREE = `[Environment "Spree"]\nsdkKey = ${KEYS.spree}\nenvId = spree-env\nprojKey = spree\n`
export const TEST = `[Environment "Test"]\nsdkKey = ${KEYS.test}\n`

/** Returns the configuration of a service at this address, with this time-out. */
export function service(url: string, initTimeout = '5s'): string {
  return `[Main]\nbaseUri = ${url}\nstreamUri = ${url}\ninitTimeout = ${initTimeout}\n`
}

/** Creates a folder for a test, which removes it. */
export async function archiving(): Promise<Archiving> {
  const folder = await folderForTest()
  const path = (name: string): string => join(folder, name)
  return {
    folder,
    path,
    async configure(...sections) {
      await writeFile(path('relay.conf'), sections.join(''))
      return path('relay.conf')
    },
    async run(...args) {
      const ended = await running(['archive', ...args])
      for (const key of Object.values(KEYS)) {
        if ((ended.stdout + ended.stderr).includes(key)) throw new Error('a key was told')
      }
      return ended
    },
  }
}
