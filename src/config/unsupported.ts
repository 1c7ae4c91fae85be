import type { ConfigIssue } from '../model/errors.ts'
import { describeReceived } from './issues.ts'

/** What would change where data comes from must not be ignored: it is refused, by its name. */
export function unsupported(root: string, input: unknown): ConfigIssue[] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input)
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => {
      const expected = whatInstead(name, value)
      return expected
        ? [{ path: `${root}.${name}`, expected, received: describeReceived([name], value) }]
        : []
    })
}

function whatInstead(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'persistentStore':
    case 'featureStore':
      return isCallbackStore(value)
        ? "null (featureStore of LaunchDarkly's SDKs is not supported; use memory, the default: stores of Halyard are not supported yet)"
        : 'null (persistent stores are not supported yet)'
    case 'useLdd':
    case 'useLDD':
      return value === false ? undefined : 'false (daemon mode is not supported yet)'
    case 'updateProcessor':
      return "null (updateProcessor of LaunchDarkly's SDKs is not supported; use a source of your own in presets.custom)"
    default:
      return undefined
  }
}

/** A feature store of LaunchDarkly's Node.js SDKs, or the function that makes one. */
function isCallbackStore(value: unknown): boolean {
  if (typeof value === 'function') return true
  const store = value as Readonly<Record<string, unknown>>
  return ['init', 'upsert', 'initialized'].every((method) => typeof store[method] === 'function')
}
