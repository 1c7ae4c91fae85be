import { z } from 'zod'

export type Members = Readonly<Record<string, z.ZodType>>

/** Follows the known names of an object that may have further ones. */
const OTHERS = '*'

/** Returns the schema of an object that only Halyard has: an unknown name is an error. */
export function ownObject(members: Members): z.ZodObject {
  return strictObject(members, Object.keys(members))
}

/** Returns the schema of an object that LaunchDarkly's SDKs also have: an unknown name is a warning, because the object may grow. */
export function sharedObject(members: Members): z.ZodObject {
  return strictObject(members, [...Object.keys(members), OTHERS])
}

/** The message about unknown names carries the known names, which zod's issue lacks. */
function strictObject(members: Members, known: readonly string[]): z.ZodObject {
  return z.strictObject(members, {
    error: ({ code }) => (code === 'unrecognized_keys' ? known.join() : undefined),
  })
}

/** Returns the known names of the object in which zod found unknown ones. */
export function knownNames({ message }: z.core.$ZodIssueUnrecognizedKeys): {
  readonly names: readonly string[]
  readonly isOwn: boolean
} {
  const listed = message.split(',')
  return { names: listed.filter((name) => name !== OTHERS), isOwn: !listed.includes(OTHERS) }
}
