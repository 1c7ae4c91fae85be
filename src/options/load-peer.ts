import { ConfigError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'

/** An optional peer dependency, which only applications with a certain feature install. */
export interface Peer {
  readonly root: string
  readonly name: string
  /** The argument of `npm install`, if not every version works. Default: the name. */
  readonly install?: string
  /** A way to do without the package. Completes "or …". Default: none. */
  readonly alternative?: string
}

const MISSING: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

/**
 * Returns the error for a peer that could not be loaded: a {@link ConfigError} with the package to install or the way to bundle
 * it, or the cause itself if the package is present and failed. The caller writes `import()` with a fixed specifier inside of
 * `try`, so that bundlers find the package and tolerate its absence.
 */
export function peerError({ root, name, install = name, alternative }: Peer, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  if (MISSING.includes(code) && message.includes(`'${name}'`)) {
    const ways = ['install it before bundling', 'mark it as external and ship it beside the bundle']
    const bundle = [...ways, ...(alternative ? [alternative] : [])].join(', or ')
    const expected = `the package ${name} to be installed (npm install ${install}; for a bundle: ${bundle})`
    return new ConfigError([{ path: root, expected, received: 'no such package' }])
  }
  if (message.startsWith('Dynamic require of')) {
    const expected =
      `a bundle in which the package ${name}, which is CommonJS, can call require (bundle to CommonJS, add a banner ` +
      'that defines require, or mark the package as external)'
    return new ConfigError([{ path: root, expected, received: message }])
  }
  return cause
}

/** Converts the error of {@link peerError} to a {@link StoreError}, the only error with which calls of a store reject. */
export function storePeerError(peer: Peer, cause: unknown): unknown {
  const error = peerError(peer, cause)
  if (!(error instanceof ConfigError)) return error
  const [issue] = error.issues
  const message = `${issue?.path}: expected ${issue?.expected}, received ${issue?.received}`
  return new StoreError('missing_package', message, { cause })
}

/** Loads the package of a store when the store is opened, and logs a failure at once, because the first call may be much later. */
export function loadEarly(load: () => Promise<unknown>, logger: Logger): void {
  load().catch((error: unknown) => {
    logger.error(`${error instanceof Error ? error.message : String(error)}; the store cannot be used`)
  })
}
