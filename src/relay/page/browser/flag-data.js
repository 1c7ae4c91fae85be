// @ts-check
/** @import { EvaluatedFlags, FlagExplanation } from '../../flags/explaining.ts' */
/** @import { ItemDetails } from '../../flags/details.ts' */
/** @import { ItemPage } from '../../flags/rows.ts' */

/** A request that the relay refused. `field` is the part of the request that is wrong, if the relay states it. */
class RefusedError extends Error {
  /**
   * @param {number} status
   * @param {{ error?: string, field?: string }} body
   */
  constructor(status, { error = `The relay answered ${status}`, field = '' }) {
    super(error)
    this.status = status
    this.field = field
  }
}

/**
 * @param {Record<string, string>} parameters
 * @param {AbortSignal} signal
 * @returns {Promise<ItemPage>}
 */
export async function fetchItems(parameters, signal) {
  return readAnswer(await fetch(`page/flags?${new URLSearchParams(parameters)}`, { signal }))
}

/**
 * @param {{ environment: string, kind: string, key: string }} item
 * @param {AbortSignal} signal
 * @returns {Promise<ItemDetails>}
 */
export async function fetchItem(item, signal) {
  return readAnswer(await fetch(`page/flag?${new URLSearchParams(item)}`, { signal }))
}

/**
 * @param {{ environment: string, context: unknown, flag?: string, flags?: readonly string[] }} request
 * @param {AbortSignal} signal
 * @returns {Promise<FlagExplanation | EvaluatedFlags>}
 */
export async function fetchExplanation(request, signal) {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(request), signal }
  return readAnswer(await fetch('page/explain', init))
}

/** @param {Response} response */
async function readAnswer(response) {
  const body = await response.json().catch(() => ({}))
  if (!response.ok) throw new RefusedError(response.status, body)
  return body
}

/** @param {unknown} error */
export function refusalOf(error) {
  return error instanceof RefusedError ? error : undefined
}

/**
 * Returns a function that loads data, one request at a time. A call while a request runs makes it run again afterwards.
 * @param {(signal: AbortSignal) => Promise<void>} load Handles its failures itself.
 */
export function createLoader(load) {
  let aborting = new AbortController()
  let isRunning = false
  let isOutdated = false

  async function run() {
    if (isRunning) return
    isRunning = true
    while (isOutdated) {
      isOutdated = false
      aborting = new AbortController()
      await load(aborting.signal).catch((error) => {
        if (!aborting.signal.aborted) reportError(error)
      })
    }
    isRunning = false
  }

  /** Loads after the request in progress, if there is one. */
  const refresh = () => {
    isOutdated = true
    run().catch(reportError)
  }
  /** Ends the request in progress and loads at once, because other data is wanted. */
  const restart = () => {
    isOutdated = true
    aborting.abort()
    run().catch(reportError)
  }
  const stop = () => {
    isOutdated = false
    aborting.abort()
  }
  return { refresh, restart, stop }
}
