import { callSafely } from '../async/call-safely.ts'
import type { AppliedChangeSet, Change } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import { TOO_DEEP, tooDeepAmong } from '../model/nesting.ts'
import type { ChangeSetResult, SourceResult } from '../model/source-result.ts'
import type { DataAvailability } from '../model/status.ts'
import type { Parts } from './parts.ts'
import type { Source } from './source.ts'

const SERVED: Readonly<Record<DataAvailability, string>> = {
  defaults: 'nothing to serve yet',
  cached: 'stored data is served',
  refreshed: 'last good data stays served',
}

/**
 * Applies a result. This is the only place where results take effect: on memory, readiness, status, listeners and sinks,
 * in this order.
 */
export function handle(parts: Parts, source: Source, result: SourceResult): void {
  const { status, outages, logger } = parts
  switch (result.type) {
    case 'changeSet':
      if (result.environmentId !== undefined) parts.identify(result.environmentId)
      take(parts, source, result)
      return
    case 'activity':
      return
    case 'skipped':
      status.skip()
      logger.warn(`${source.name}: skipped "${result.key}": ${result.reason}`)
      return
    case 'aborted':
    case 'interrupted':
    case 'terminalError': {
      const action = result.type === 'terminalError' ? 'not trying again for a while' : 'trying again'
      const served = SERVED[parts.served()]
      const { message, hint } = result.error
      outages.report(source.name, `${message}; ${action}, ${served}`, hint)
      status.report({ ...result, type: 'interruption', source: source.name })
      return
    }
    case 'goodbye': {
      const { retryInMs } = result
      logger.debug(`${source.name}: goodbye, ${result.reason}`)
      status.report({
        type: 'interruption',
        source: source.name,
        ...(retryInMs !== undefined && { retryInMs }),
      })
      return
    }
    default:
      result satisfies never
  }
}

function take(parts: Parts, source: Source, result: ChangeSetResult): void {
  const { changeSet } = result
  if (changeSet.type === 'none') confirm(parts, source, result)
  else apply(parts, source, { ...result, changeSet })
}

function confirm(parts: Parts, { name, availability, role }: Source, { savedAt }: ChangeSetResult): void {
  const { status, readiness, outages, logger } = parts
  const holdsData = readiness.availability !== 'defaults'
  // Readiness before status, as in `apply`.
  if (holdsData) readiness.reached(availability ?? 'refreshed')
  status.report({ type: 'data', source: name, ...(savedAt !== undefined && { savedAt }) })
  outages.recovered(name)
  if (!holdsData && role === 'synchronizer' && !readiness.initialized) {
    logger.warn(
      `${name}: the server reports no changes, but there is no data in memory; every flag is unknown`,
    )
    readiness.reached('defaults')
  }
}

function apply(
  parts: Parts,
  source: Source,
  result: ChangeSetResult & { readonly changeSet: AppliedChangeSet },
): void {
  const { environmentId, savedAt } = result
  const changeSet = withoutTooDeep(parts, source, result.changeSet)
  const { store, status, readiness, outages, changes, sinks } = parts
  const { applied, announce } = changes.apply(store, scoped(changeSet, source))
  const isConfirmed = source.role === 'synchronizer' || store.selector !== undefined
  // Readiness comes first, because listeners of the status and of changes evaluate flags with the new data.
  readiness.reached(source.availability ?? (isConfirmed ? 'refreshed' : 'cached'))
  status.report({ type: 'data', source: source.name, ...(savedAt !== undefined && { savedAt }) })
  outages.recovered(source.name)
  announce()
  const update = environmentId === undefined ? applied : { ...applied, environmentId }
  for (const sink of sinks) {
    callSafely<unknown>(
      () => sink.accept(update),
      (error) =>
        parts.logger.error(`a sink threw an error, the data is applied nevertheless: ${errorText(error)}`),
    )
  }
}

/**
 * Removes and reports objects that are nested too deep for Node to compare and to serialize. The current object of the
 * same key stays in memory, also if the change set replaces all data.
 */
function withoutTooDeep(parts: Parts, { name }: Source, changeSet: AppliedChangeSet): AppliedChangeSet {
  const refused = tooDeepAmong(changeSet.changes)
  if (refused.length === 0) return changeSet
  for (const { kind, key } of refused) {
    parts.logger.error(`${name}: refused ${kind} "${key}": ${TOO_DEEP}; the rest of the payload is applied`)
    parts.status.refuse({ kind: 'invalid_data', message: `${kind} "${key}": ${TOO_DEEP}`, key }, name)
  }
  const rejected = new Set<Change>(refused)
  const changes = changeSet.changes.flatMap((change) => {
    if (!rejected.has(change)) return [change]
    const held = changeSet.type === 'full' ? parts.store.get(change.kind, change.key) : undefined
    return held ? [{ ...held, op: 'put' as const, kind: change.kind }] : []
  })
  return { ...changeSet, changes }
}

/** Marks the selector with the scope of the source, so that other sources do not send it (D12). */
function scoped(changeSet: AppliedChangeSet, { selectorScope: scope }: Source): AppliedChangeSet {
  return scope && changeSet.selector
    ? { ...changeSet, selector: { ...changeSet.selector, scope } }
    : changeSet
}
