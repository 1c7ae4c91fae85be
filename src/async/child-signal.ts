export interface Child {
  readonly signal: AbortSignal
  /** Aborts the child, unlinks it from its parent. Safe to call twice. */
  readonly end: (reason?: unknown) => void
}

/** Made once: the platform would make an error, with its stack, for each signal that ends without a reason. */
const ENDED = new DOMException('it has ended', 'AbortError')

/**
 * A signal that aborts with its parent or by itself. `AbortSignal.any` would keep a record on a long-lived
 * parent for every child there ever was; this one unlinks itself when it ends.
 */
export function childOf(parent: AbortSignal): Child {
  const controller = new AbortController()
  const end = (reason: unknown = ENDED): void => {
    parent.removeEventListener('abort', follow)
    controller.abort(reason)
  }
  const follow = (): void => end(parent.reason)
  if (parent.aborted) controller.abort(parent.reason)
  else parent.addEventListener('abort', follow)
  return { signal: controller.signal, end }
}
