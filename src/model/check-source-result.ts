import { isKind } from './change-set.ts'
import type { SourceResult } from './source-result.ts'

/**
 * Checks a result before any part of it takes effect, because an application can provide the source.
 *
 * @throws {@link TypeError} naming the fault without repeating a value.
 */
export function checkSourceResult(result: SourceResult): void {
  const problem = problemOf(result)
  if (problem !== undefined) throw new TypeError(`the source yielded ${problem}`)
}

function problemOf(result: SourceResult): string | undefined {
  if (!isObject(result)) return 'something that is not an object'
  if (result.directive !== undefined && !isObject(result.directive))
    return 'an FDv1 directive that is not an object'
  switch (result.type) {
    case 'changeSet':
      return changeSetProblem(result.changeSet)
    case 'aborted':
    case 'interrupted':
    case 'terminalError':
      return isObject(result.error) && typeof result.error.message === 'string'
        ? undefined
        : `a result "${result.type}" without an error that has a message`
    case 'activity':
    case 'skipped':
    case 'goodbye':
      return undefined
    default:
      result satisfies never
      return 'a result of an unknown type'
  }
}

type ChangeSet = Extract<SourceResult, { readonly type: 'changeSet' }>['changeSet']

function changeSetProblem(changeSet: ChangeSet): string | undefined {
  if (!isObject(changeSet)) return 'a change set that is not an object'
  switch (changeSet.type) {
    case 'none':
      return undefined
    case 'full':
    case 'partial': {
      const { changes, selector } = changeSet
      if (!Array.isArray(changes)) return 'a change set whose changes are not a list'
      if (selector !== undefined && typeof selector?.state !== 'string')
        return 'a change set with a selector that has no state'
      const index = changes.findIndex((change) => !isChange(change))
      return index < 0 ? undefined : `a change set whose change ${index} is not a change`
    }
    default:
      changeSet satisfies never
      return 'a change set of an unknown type'
  }
}

function isChange(change: unknown): boolean {
  if (!isObject(change)) return false
  const { op, kind, key, version, object } = change as Readonly<Record<string, unknown>>
  if (!isKind(kind) || typeof key !== 'string' || typeof version !== 'number') return false
  return op === 'delete' || (op === 'put' && isObject(object))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
