import { createRequire } from 'node:module'
import { ConfigError } from '../../model/errors.ts'

export interface Peer {
  /** What needs it: the function, or the option, as whoever asked for it wrote it. */
  readonly root: string
  readonly name: string
  /** What to install, where not every version will do. Default: the name. */
  readonly install?: string
}

/**
 * Loads a package that only who asks for something special need have. Throws a {@link ConfigError} that says what to install where
 * it is missing.
 */
export function loadPeer(
  { root, name, install = name }: Peer,
  load: (name: string) => unknown = createRequire(import.meta.url),
): unknown {
  try {
    return load(name)
  } catch (cause) {
    // A package the peer itself misses is another matter.
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw cause
    const expected = `the package ${name} to be installed (npm install ${install})`
    throw new ConfigError([{ path: root, expected, received: 'no such package' }])
  }
}
