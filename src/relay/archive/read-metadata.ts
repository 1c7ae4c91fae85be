import { configIssues } from '../../options/issues.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import { credential } from '../../options/value-forms.ts'
import {
  type Fault,
  Findings,
  listThat,
  nullish,
  number,
  numberFrom,
  openObject,
  type Schema,
  string,
  trueOrFalse,
  valueThat,
  wholeNumber,
  withDefault,
} from '../../options/value-schema.ts'
import type { EnvironmentMetadata } from './archive.ts'

const isKey = (value: unknown): boolean => credential.read(value) !== undefined
const key: Schema<string> = valueThat(isKey, credential.expected)
const keyOrNone: Schema<string> = valueThat((value) => value === '' || isKey(value), credential.expected)
/** Missing texts are written as empty ones. */
const text = withDefault(string, '')
const flag = withDefault(trueOrFalse, false)

const listed = openObject({ value: key, expiry: nullish(number), hasViews: flag })

/** The format of an environment in LaunchDarkly's stream for automatic configuration, and in archives. */
const REP = openObject({
  envID: string,
  envKey: text,
  envName: text,
  projKey: text,
  projName: text,
  sdkKey: openObject({
    value: key,
    expiring: nullish(openObject({ value: keyOrNone, timestamp: withDefault(number, 0) })),
  }),
  sdkKeys: nullish(listThat(listed)),
  mobKey: withDefault(keyOrNone, ''),
  mobileKeys: nullish(listThat(listed)),
  defaultTtl: withDefault(numberFrom(0), 0),
  secureMode: flag,
  version: withDefault(wholeNumber, 0),
})

type Rep = ReturnType<typeof REP>

const METADATA = openObject({ env: REP, dataId: text })

export type MetadataReading =
  | { readonly metadata: EnvironmentMetadata; readonly dataId: string }
  | { readonly fault: string }

/** Parses the content of `ID.json`. Ignores unknown members. A fault contains the name of the member, but not its value. */
export function readMetadata(value: unknown): MetadataReading {
  const findings = new Findings()
  const { env, dataId } = METADATA(value, findings, [])
  const [fault] = findings.faults
  if (fault) return { fault: describe(value, fault) }
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
  const findings = new Findings()
  const rep = REP(value, findings, [])
  const [fault] = findings.faults
  if (fault) return { fault: describe(value, fault) }
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
function otherKeysOf(keys: readonly ReturnType<typeof listed>[], current: string): readonly FurtherKey[] {
  return keys
    .filter(({ value, hasViews }) => value !== current && !hasViews)
    .map(({ value, expiry }) => ({ value, ...(typeof expiry === 'number' && { until: expiry }) }))
}

function describe(value: unknown, fault: Fault): string {
  const [issue] = configIssues('', value, [fault])
  if (!issue) return 'is not the metadata of an environment'
  const { path, expected, received } = issue
  return `${path.slice(1) || 'content'}: expected ${expected}, received ${received}`
}
