import { sdkKeyFault } from '../../model/sdk-key.ts'
import { type Finding, failed, ok } from './checks.ts'

/** Judges an SDK key by its form. The finding shows at most the last four characters. */
export function judgeKey(key: string): Finding {
  const fault = sdkKeyFault(key)
  if (fault !== undefined)
    return failed(
      `not an SDK key: ${fault}`,
      'Copy the SDK key of the environment again, without anything around it.',
    )
  const shown = shortened(key)
  const other = OTHERS.find(([pattern]) => pattern.test(key))
  if (other) {
    const [, name, use] = other
    const remedy = `Use the SDK key of the environment, which begins with "sdk-"; ${use}.`
    return failed(`${shown} is ${name}, not an SDK key`, remedy, { form: name.replace(/^an? /, '') })
  }
  if (/^sdk-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key))
    return ok(`${shown}, an SDK key`, { form: 'SDK key' })
  return ok(`${shown}, not in the form of LaunchDarkly's keys`, { form: 'other' })
}

const OTHERS: readonly (readonly [pattern: RegExp, name: string, use: string])[] = [
  [/^mob-/i, 'a mobile key', 'a mobile key is for mobile SDKs only'],
  [/^[\da-f]{24}$/i, 'a client-side ID', 'a client-side ID is for browsers only'],
  [/^api-/i, 'an access token', "an access token is for LaunchDarkly's REST API only"],
  [/^rel-/i, 'a relay key', 'a relay key is for automatic configuration only'],
]

/** Returns the end of a key that is long enough to stay secret. */
function shortened(key: string): string {
  return key.length >= 20 ? `…${key.slice(-4)}` : 'the key (hidden)'
}
