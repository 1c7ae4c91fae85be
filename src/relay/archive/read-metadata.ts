import * as z from 'zod/mini'
import { configIssues } from '../../options/issues.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import { credential } from '../../options/value-forms.ts'
import type { EnvironmentMetadata } from './archive.ts'

// The message of each schema completes the sentence "expected …".
const string = z.string('a string')
const number = z.number('a number')
const object = 'an object'
const isKey = (value: unknown): boolean => credential.read(value) !== undefined
const key = z.custom<string>(isKey, credential.expected)
const keyOrNone = z.custom<string>((value) => value === '' || isKey(value), credential.expected)
/** Missing texts are written as empty ones. */
const text = z._default(string, '')
const flag = z._default(z.boolean('a boolean'), false)

const listed = z.object({ value: key, expiry: z.nullish(number), hasViews: flag }, object)
const keys = z.nullish(z.array(listed, 'an array'))

/** The format of an environment in LaunchDarkly's stream for automatic configuration, and in archives. */
const REP = z.object(
  {
    envID: string,
    envKey: text,
    envName: text,
    projKey: text,
    projName: text,
    sdkKey: z.object(
      {
        value: key,
        expiring: z.nullish(z.object({ value: keyOrNone, timestamp: z._default(number, 0) }, object)),
      },
      object,
    ),
    sdkKeys: keys,
    mobKey: z._default(keyOrNone, ''),
    mobileKeys: keys,
    defaultTtl: z._default(number.check(z.nonnegative('at least 0')), 0),
    secureMode: flag,
    version: z._default(number.check(z.int('a whole number')), 0),
  },
  object,
)

type Rep = z.infer<typeof REP>

const METADATA = z.object({ env: REP, dataId: text }, object)

export type MetadataReading =
  | { readonly metadata: EnvironmentMetadata; readonly dataId: string }
  | { readonly fault: string }

/** Parses the content of `ID.json`. Ignores unknown members. A fault contains the name of the member, but not its value. */
export function readMetadata(value: unknown): MetadataReading {
  const { data, error } = z.safeParse(METADATA, value)
  if (error) return { fault: describe(value, error) }
  const { env, dataId } = data
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
  const { data: rep, error } = z.safeParse(REP, value)
  if (error) return { fault: describe(value, error) }
  const { sdkKey, sdkKeys } = rep
  const isAnchored = !sdkKeys?.length || sdkKeys.some((each) => each.value === sdkKey.value)
  return { metadata: metadataOf(rep), isAnchored }
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

function describe(value: unknown, error: z.core.$ZodError): string {
  const [issue] = configIssues(
    '',
    value,
    error.issues.map(({ path, message }) => ({ path, expected: message })),
  )
  if (!issue) return 'is not the metadata of an environment'
  const { path, expected, received } = issue
  return `${path.slice(1) || 'content'}: expected ${expected}, received ${received}`
}
