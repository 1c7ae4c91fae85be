import { ConfigError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'

/** An optional package: only applications that use a certain feature install it. */
export interface Peer {
  /** The function or option that needs the package, as the user writes it. */
  readonly root: string
  readonly name: string
  /** What to install, if not every version works. Default: the name. */
  readonly install?: string
  /** Another way for an application that has no use for the package. Completes "or …". */
  readonly alternative?: string
}

/** Codes of an import or a require that found no such package, in modules and in bundles. */
const MISSING: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

/**
 * Explains why a peer could not be loaded. Returns a {@link ConfigError} that says what to install or how to bundle it, or
 * the cause itself if it lies within the package. The caller writes the `import()` with a fixed specifier inside `try`, so
 * that bundlers follow it and do without a package that is not there.
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

/** Returns the same for a store, whose calls fail only with a {@link StoreError}. */
export function storePeerError(peer: Peer, cause: unknown): unknown {
  const error = peerError(peer, cause)
  if (!(error instanceof ConfigError)) return error
  const [issue] = error.issues
  const message = `${issue?.path}: expected ${issue?.expected}, received ${issue?.received}`
  return new StoreError('missing_package', message, { cause })
}

/** Loads the package of a store when the store is opened, and logs a failure at once: the first call may come much later. */
export function loadEarly(load: () => Promise<unknown>, logger: Logger): void {
  load().catch((error: unknown) => {
    logger.error(`${error instanceof Error ? error.message : String(error)}; the store cannot be used`)
  })
}
