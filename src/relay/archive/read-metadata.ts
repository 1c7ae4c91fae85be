import { z } from 'zod'
import { configIssues, parseOnce } from '../../options/issues.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import { credential } from '../../options/value-forms.ts'
import type { EnvironmentMetadata } from './archive.ts'

const key = z.custom<string>((value) => credential.read(value) !== undefined, { error: credential.expected })
/** Missing texts are written as empty ones. */
const text = z.string().default('')
const time = z.number().finite()

const listed = z.object({ value: key, expiry: time.nullish(), hasViews: z.boolean().default(false) })

/** The format of an environment in LaunchDarkly's stream for automatic configuration, and in archives. */
const REP = z.object({
  envID: z.string(),
  envKey: text,
  envName: text,
  projKey: text,
  projName: text,
  sdkKey: z.object({
    value: key,
    expiring: z.object({ value: z.union([z.literal(''), key]), timestamp: time.default(0) }).nullish(),
  }),
  sdkKeys: z.array(listed).nullish(),
  mobKey: z.union([z.literal(''), key]).default(''),
  mobileKeys: z.array(listed).nullish(),
  defaultTtl: z.number().nonnegative().default(0),
  secureMode: z.boolean().default(false),
  version: z.number().int().default(0),
})

type Rep = z.infer<typeof REP>

const METADATA = z.object({ env: REP, dataId: text })

export type MetadataReading =
  | { readonly metadata: EnvironmentMetadata; readonly dataId: string }
  | { readonly fault: string }

/** Parses the content of `ID.json`. Ignores unknown members. A fault contains the name of the member, but not its value. */
export function readMetadata(value: unknown): MetadataReading {
  const parsed = parseOnce(METADATA, value)
  if (!parsed.success) return { fault: faultOf(value, parsed.error) }
  const { env, dataId } = parsed.data
  return { metadata: metadataOf(env), dataId }
}

export type RepReading =
  | { readonly metadata: EnvironmentMetadata; readonly isAnchored: boolean }
  | { readonly fault: string }

/**
 * Parses an environment of automatic configuration, as {@link readMetadata} does. `isAnchored` is false if the list of SDK keys
 * lacks the current one, which means that the service sent an incomplete update.
 */
export function readRep(value: unknown): RepReading {
  const parsed = parseOnce(REP, value)
  if (!parsed.success) return { fault: faultOf(value, parsed.error) }
  const { sdkKey, sdkKeys } = parsed.data
  const isAnchored = !sdkKeys?.length || sdkKeys.some((each) => each.value === sdkKey.value)
  return { metadata: metadataOf(parsed.data), isAnchored }
}

function metadataOf(rep: Rep): EnvironmentMetadata {
  const { envID, envKey, envName, projKey, projName, sdkKey, mobKey, mobileKeys } = rep
  const { defaultTtl, secureMode, version } = rep
  return {
    id: envID,
    name: envName,
    envKey,
    projName,
    projKey,
    sdkKey: sdkKey.value,
    moreSdkKeys: moreSdkKeysOf(rep),
    ...(mobKey !== '' && { mobileKey: mobKey }),
    moreMobileKeys: otherKeysOf(mobileKeys ?? [], mobKey),
    ttlMinutes: defaultTtl,
    secureMode,
    version,
  }
}

/** Returns the keys of the list if there is one, otherwise the expiring key. */
function moreSdkKeysOf({ sdkKey, sdkKeys }: Rep): readonly FurtherKey[] {
  if (sdkKeys && sdkKeys.length > 0) return otherKeysOf(sdkKeys, sdkKey.value)
  const { expiring } = sdkKey
  return expiring?.value ? [{ value: expiring.value, until: expiring.timestamp }] : []
}

/** Omits the current key, and keys with views, which must not receive all flags. */
function otherKeysOf(keys: readonly z.infer<typeof listed>[], current: string): readonly FurtherKey[] {
  return keys
    .filter(({ value, hasViews }) => value !== current && !hasViews)
    .map(({ value, expiry }) => ({ value, ...(typeof expiry === 'number' && { until: expiry }) }))
}

function faultOf(value: unknown, error: z.ZodError): string {
  const [issue] = configIssues('', value, error)
  if (!issue) return 'is not the metadata of an environment'
  const { path, expected, received } = issue
  return `${path.slice(1) || 'content'}: expected ${expected}, received ${received}`
}
