import type { Logger } from '../model/logger.ts'
import { type Members, optional, ownObject, sharedObject, string } from '../options/value-schema.ts'
import type { HttpHeaders } from '../transport/transport.ts'

/** Options that identify the application to the service, beside the SDK key. */
export interface IdentityOptions {
  /**
   * The application, for the statistics of the service. Each value has 1 to 64 letters, digits, `_`, `.` or `-`; any other is left
   * out with a warning. Default: none.
   */
  readonly application?: ApplicationTags
  /** The library that wraps this one. Default: none. */
  readonly wrapper?: Wrapper
}

/** The identity of an application. */
export interface ApplicationTags {
  /** Identifier, for example `shop`. */
  readonly id?: string
  /** Name for people. */
  readonly name?: string
  /** Version, for example `1.2.0`. */
  readonly version?: string
  /** Name of the version for people. */
  readonly versionName?: string
}

/** The identity of a library that wraps this one. */
export interface Wrapper {
  /** Name, with printable characters except spaces. */
  readonly name: string
  /** Version, with printable characters except spaces. */
  readonly version?: string
}

/** The identity of an application and of a library that wraps this one, with valid values only. */
export type Identity = IdentityOptions

interface RequestIdentity extends Identity {
  readonly sdkKey: string
  /** A GUID that distinguishes this data system from others of the application. */
  readonly instanceId: string
}

/**
 * Returns a random GUID (version 4) for {@link RequestIdentity.instanceId}. It is no secret: `Math.random` makes it, because `node:crypto` takes
 * milliseconds to load, and V8 seeds it with random bytes in each process.
 */
export function newInstanceId(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replaceAll(/[xy]/g, (form) => {
    const digit = Math.floor(Math.random() * 16)
    // The variant is in the first two bits of `y`.
    return (form === 'x' ? digit : (digit & 0b11) | 0b1000).toString(16)
  })
}

/** The tags in alphabetical order, which is their order in the header. */
const TAGS: readonly (readonly [tag: string, option: keyof ApplicationTags])[] = [
  ['application-id', 'id'],
  ['application-name', 'name'],
  ['application-version', 'version'],
  ['application-version-name', 'versionName'],
]

const TAG_VALUE = /^[\w.-]{1,64}$/

/** Printable characters without spaces, so that no value can end the header. */
const WRAPPER_PART = /^[\x21-\x7e]{1,64}$/

const part = optional(string)

export const IDENTITY: Members = {
  application: optional(sharedObject({ id: part, name: part, version: part, versionName: part })),
  wrapper: optional(ownObject({ name: string, version: part })),
}

/** Returns the identity without values that are not valid. Logs a warning for each of them. */
export function readIdentity({ application = {}, wrapper }: IdentityOptions, logger: Logger): Identity {
  const tags: { -readonly [Option in keyof ApplicationTags]: string } = {}
  for (const [, option] of TAGS) {
    const value = application[option]
    if (value === undefined) continue
    if (TAG_VALUE.test(value)) tags[option] = value
    else logger.warn(`application.${option} is not 1 to 64 letters, digits, "_", "." or "-"; left out`)
  }
  const isValid = wrapper === undefined || wrapperParts(wrapper).every((part) => WRAPPER_PART.test(part))
  if (!isValid) logger.warn('wrapper is not 1 to 64 printable characters without spaces; left out')
  return {
    ...(Object.keys(tags).length > 0 && { application: tags }),
    ...(isValid && wrapper && { wrapper }),
  }
}

/** Returns the headers of all requests of all sources. */
export function requestHeaders({
  sdkKey,
  instanceId,
  application = {},
  wrapper,
}: RequestIdentity): HttpHeaders {
  const tags = TAGS.filter(([, option]) => application[option] !== undefined)
  return {
    authorization: sdkKey,
    'user-agent': `${SDK_NAME}/${VERSION}`,
    'x-launchdarkly-instance-id': instanceId,
    ...(tags.length > 0 && {
      'x-launchdarkly-tags': tags.map(([tag, option]) => `${tag}/${application[option]}`).join(' '),
    }),
    ...(wrapper && { 'x-launchdarkly-wrapper': wrapperParts(wrapper).join('/') }),
  }
}

function wrapperParts({ name, version }: Wrapper): readonly string[] {
  return version === undefined ? [name] : [name, version]
}

/** The name of this SDK for the service and for plugins. */
export const SDK_NAME = 'Halyard'

/** The version of the package; a test compares it with package.json. */
export const VERSION = '0.1.0'
