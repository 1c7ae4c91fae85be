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

/** The one place where a result takes effect: memory, status, listeners, then what lies downstream. */
export function handle(parts: Parts, source: Source, result: SourceResult): void {
  const { status, complaints, logger } = parts
  switch (result.type) {
    case 'changeSet':
      if (result.environmentId !== undefined) parts.identify(result.environmentId)
      take(parts, source, result)
      return
    case 'activity':
      return
    case 'skipped':
      status.skip()
      logger.warn(`${source.name}: left out "${result.key}", ${result.reason}`)
      return
    case 'aborted':
    case 'interrupted':
    case 'terminalError': {
      const action = result.type === 'terminalError' ? 'not trying again for a while' : 'trying again'
      const served = SERVED[parts.served()]
      const { message, hint } = result.error
      complaints.about(source.name, `${message}; ${action}, ${served}`, hint)
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

/** Nothing is new: what is held is as good as fresh. */
function confirm(parts: Parts, { name, availability, role }: Source, { savedAt }: ChangeSetResult): void {
  const { status, readiness, complaints, logger } = parts
  const holdsData = readiness.availability !== 'defaults'
  // Ready first, as in `apply`.
  if (holdsData) readiness.reached(availability ?? 'refreshed')
  status.report({ type: 'data', source: name, ...(savedAt !== undefined && { savedAt }) })
  complaints.settle(name)
  if (!holdsData && role === 'synchronizer' && !readiness.initialized) {
    logger.warn(`${name}: the server says nothing is new, but nothing is held: every flag is unknown`)
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
  const { store, status, readiness, complaints, changes, sinks } = parts
  const { applied, announce } = changes.apply(store, scoped(changeSet, source))
  const isVouchedFor = source.role === 'synchronizer' || store.selector !== undefined
  // Ready first: who is told of the status, or of the change, evaluates with what has just come.
  readiness.reached(source.availability ?? (isVouchedFor ? 'refreshed' : 'cached'))
  status.report({ type: 'data', source: source.name, ...(savedAt !== undefined && { savedAt }) })
  complaints.settle(source.name)
  announce()
  const told = environmentId === undefined ? applied : { ...applied, environmentId }
  for (const sink of sinks) {
    callSafely<unknown>(
      () => sink.accept(told),
      (error) => parts.logger.error(`a sink threw; the data is applied all the same: ${errorText(error)}`),
    )
  }
}

/**
 * Leaves out and reports what is nested too deep for Node to compare and write. The rest of the payload applies, and what is
 * held under the same key stays, also where the payload replaces everything.
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

/** A selector of a source that opted out of sharing is marked as its own (D12). */
function scoped(changeSet: AppliedChangeSet, { selectorScope: scope }: Source): AppliedChangeSet {
  return scope && changeSet.selector
    ? { ...changeSet, selector: { ...changeSet.selector, scope } }
    : changeSet
}
