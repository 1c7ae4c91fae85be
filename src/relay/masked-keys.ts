import { compact } from '../options/compact.ts'
import type { EnvironmentView, KeyView } from './view.ts'

/** Masks all but the last four characters of a key, which are enough to distinguish keys. */
export function masked(key: string): string {
  const shown = key.length > 8 ? key.slice(-4) : ''
  return key.slice(0, key.length - shown.length).replaceAll(/[^-]/g, '*') + shown
}

type EnvironmentKeys = Pick<EnvironmentView, 'sdkKey' | 'moreSdkKeys' | 'mobileKey' | 'moreMobileKeys'>

/** Masked keys by configuration, because views are read often. Only keys that do not expire. */
const MASKED = new WeakMap<EnvironmentKeys, EnvironmentKeys>()

/** Returns the masked keys of an environment that have not expired. */
export function maskedKeys(keys: EnvironmentKeys, now: number): EnvironmentKeys {
  const known = MASKED.get(keys)
  if (known) return known
  const made = maskKeys(keys, now)
  const { moreSdkKeys = [], moreMobileKeys = [] } = keys
  if ([...moreSdkKeys, ...moreMobileKeys].every(({ until }) => until === undefined)) MASKED.set(keys, made)
  return made
}

function maskKeys(
  { sdkKey, moreSdkKeys = [], mobileKey, moreMobileKeys = [] }: EnvironmentKeys,
  now: number,
): EnvironmentKeys {
  const maskAll = (keys: readonly KeyView[]): readonly KeyView[] | undefined => {
    const valid = keys.filter(({ until = Infinity }) => now < until)
    return valid.length > 0 ? valid.map((key) => ({ ...key, value: masked(key.value) })) : undefined
  }
  return compact({
    sdkKey: masked(sdkKey),
    moreSdkKeys: maskAll(moreSdkKeys),
    mobileKey: mobileKey === undefined ? undefined : masked(mobileKey),
    moreMobileKeys: maskAll(moreMobileKeys),
  })
}
