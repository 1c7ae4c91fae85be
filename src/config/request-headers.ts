import { z } from 'zod'
import type { Logger } from '../model/logger.ts'
import { type Members, ownObject, sharedObject } from '../options/objects.ts'
import type { HttpHeaders } from '../transport/transport.ts'

/** Who is asking, beyond the credential. */
export interface IdentityOptions {
  /**
   * The application that asks, for the service's own statistics. Each value: 1–64 letters, digits, `_`, `.` or `-`;
   * any other is left out with a warning.
   */
  readonly application?: ApplicationTags
  /** The library that wraps this one, if any. */
  readonly wrapper?: Wrapper
}

export interface ApplicationTags {
  readonly id?: string
  readonly name?: string
  readonly version?: string
  readonly versionName?: string
}

export interface Wrapper {
  readonly name: string
  readonly version?: string
}

interface Identity extends IdentityOptions {
  readonly sdkKey: string
  /** Names this data system among others of the same application; a GUID. */
  readonly instanceId: string
}

/** In the order of the alphabet, which is the order on the wire. */
const TAGS: readonly (readonly [tag: string, option: keyof ApplicationTags])[] = [
  ['application-id', 'id'],
  ['application-name', 'name'],
  ['application-version', 'version'],
  ['application-version-name', 'versionName'],
]

const TAG_VALUE = /^[\w.-]{1,64}$/

/** Printable and without spaces, so that nothing in it can end the header. */
const WRAPPER_PART = /^[\x21-\x7e]{1,64}$/

const part = z.string().optional()

/** The identity options and their schemas. */
export const IDENTITY: Members = {
  application: sharedObject({ id: part, name: part, version: part, versionName: part }).optional(),
  wrapper: ownObject({ name: z.string(), version: part }).optional(),
}

/** The headers of every request of every source. Warns of what it leaves out. */
export function requestHeaders(identity: Identity, logger: Logger): HttpHeaders {
  const tags = tagsOf(identity.application ?? {}, logger)
  const wrapper = wrapperOf(identity.wrapper, logger)
  return {
    authorization: identity.sdkKey,
    'user-agent': `Halyard/${VERSION}`,
    'x-launchdarkly-instance-id': identity.instanceId,
    ...(tags && { 'x-launchdarkly-tags': tags }),
    ...(wrapper && { 'x-launchdarkly-wrapper': wrapper }),
  }
}

function tagsOf(application: ApplicationTags, logger: Logger): string {
  const tags: string[] = []
  for (const [tag, option] of TAGS) {
    const value = application[option]
    if (value === undefined) continue
    if (TAG_VALUE.test(value)) tags.push(`${tag}/${value}`)
    else logger.warn(`application.${option} is not 1 to 64 letters, digits, "_", "." or "-"; left out`)
  }
  return tags.join(' ')
}

function wrapperOf(wrapper: Wrapper | undefined, logger: Logger): string | undefined {
  if (!wrapper) return undefined
  const { name, version } = wrapper
  const parts = version === undefined ? [name] : [name, version]
  if (parts.every((part) => WRAPPER_PART.test(part))) return parts.join('/')
  logger.warn('wrapper is not 1 to 64 printable characters without spaces; left out')
  return undefined
}

/** The version of the package; a test compares it with package.json. */
export const VERSION = '0.1.0'
