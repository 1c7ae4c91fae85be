import { z } from 'zod'

/** Accepts `null`, which the suite uses for absent values, and `undefined`. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

/** Replaces an absent value by a default. */
export function orElse<T extends z.ZodType>(schema: T, fallback: NonNullable<z.infer<T>>) {
  return schema.nullish().transform((value) => value ?? fallback)
}

/** Accepts a list. The suite sends empty lists as `null`. */
export function list<T extends z.ZodType>(member: T) {
  return z
    .array(member)
    .nullish()
    .transform((members) => members ?? [])
}

/** Accepts text. Empty text counts as absent. */
export function text() {
  return z
    .string()
    .nullish()
    .transform((value) => value || undefined)
}
