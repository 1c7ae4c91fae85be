import { z } from 'zod'

/** Builds the schema of an object. */
export type ObjectSchema = (shape: z.core.$ZodLooseShape) => z.ZodObject

/** Builds the schemas of a shape: of objects that only Halyard has, and of those that LaunchDarkly's SDKs also have. */
export interface ObjectSchemas {
  readonly own: ObjectSchema
  readonly shared: ObjectSchema
}

/** Leave unknown names out. */
export const LENIENT: ObjectSchemas = { own: z.object, shared: z.object }

/** Stands beside the known names where others are possible. */
const OTHERS = '*'

/** Report unknown names, with the names that are known there. */
export const STRICT: ObjectSchemas = {
  own: (shape) => strictObject(shape, Object.keys(shape)),
  shared: (shape) => strictObject(shape, [...Object.keys(shape), OTHERS]),
}

function strictObject(shape: z.core.$ZodLooseShape, known: readonly string[]): z.ZodObject {
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? known.join() : 'an object'),
  })
}

/** Returns the names that a {@link STRICT} schema knows where it found others, and whether the object is Halyard's own. */
export function knownNames({ message }: z.core.$ZodIssueUnrecognizedKeys): {
  readonly names: readonly string[]
  readonly isOwn: boolean
} {
  const listed = message.split(',')
  return { names: listed.filter((name) => name !== OTHERS), isOwn: !listed.includes(OTHERS) }
}
