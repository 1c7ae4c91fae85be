import { z } from 'zod'

/** The suite writes `null` where it has nothing to say; that and an absent property mean the same. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

/** What stands where there is nothing. */
export function orElse<T extends z.ZodType>(schema: T, fallback: NonNullable<z.infer<T>>) {
  return schema.nullish().transform((value) => value ?? fallback)
}

/** Empty lists arrive as `null`. */
export function list<T extends z.ZodType>(member: T) {
  return z
    .array(member)
    .nullish()
    .transform((members) => members ?? [])
}

/** Text of which none and an empty one mean the same. */
export function text() {
  return z
    .string()
    .nullish()
    .transform((value) => value || undefined)
}
