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

const METADATA = z.object({
  env: z.object({
    envID: z.string(),
    envName: text,
    projKey: text,
    projName: text,
    sdkKey: z.object({
      value: key,
      expiring: z.object({ value: z.union([z.literal(''), key]), timestamp: time.default(0) }).nullish(),
    }),
    sdkKeys: z.array(listed).nullish(),
    defaultTtl: z.number().nonnegative().default(0),
    version: z.number().int().default(0),
  }),
  dataId: text,
})

export type MetadataReading =
  | { readonly metadata: EnvironmentMetadata; readonly dataId: string }
  | { readonly fault: string }

/** Parses the content of `ID.json`. Ignores unknown members. A fault contains the name of the member, but not its value. */
export function readMetadata(value: unknown): MetadataReading {
  const parsed = parseOnce(METADATA, value)
  if (!parsed.success) return { fault: faultOf(value, parsed.error) }
  const { env, dataId } = parsed.data
  const { envID, envName, projKey, projName, sdkKey, defaultTtl, version } = env
  return {
    metadata: {
      id: envID,
      name: envName,
      projName,
      projKey,
      sdkKey: sdkKey.value,
      moreSdkKeys: moreSdkKeysOf(env),
      ttlMinutes: defaultTtl,
      version,
    },
    dataId,
  }
}

/** Returns the keys of the list if there is one, otherwise the expiring key. Omits keys with views, which must not receive all flags. */
function moreSdkKeysOf({ sdkKey, sdkKeys }: z.infer<typeof METADATA>['env']): readonly FurtherKey[] {
  if (sdkKeys && sdkKeys.length > 0) {
    return sdkKeys
      .filter(({ value, hasViews }) => value !== sdkKey.value && !hasViews)
      .map(({ value, expiry }) => ({ value, ...(typeof expiry === 'number' && { until: expiry }) }))
  }
  const { expiring } = sdkKey
  return expiring?.value ? [{ value: expiring.value, until: expiring.timestamp }] : []
}

function faultOf(value: unknown, error: z.ZodError): string {
  const [issue] = configIssues('', value, error)
  if (!issue) return 'is not the metadata of an environment'
  const { path, expected, received } = issue
  return `${path.slice(1) || 'content'}: expected ${expected}, received ${received}`
}
