import { z } from 'zod'
import { ServiceError } from './service-error.ts'

/** Decodes a body by its schema. Throws a {@link ServiceError} with status 400 if it does not match. */
export function decode<T extends z.ZodType>(schema: T, body: string): z.infer<T> {
  const { data, error } = schema.safeParse(parse(body))
  if (error) throw new ServiceError(400, `cannot be understood:\n${z.prettifyError(error)}`)
  return data
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new ServiceError(400, `cannot be understood: ${String(error)}`)
  }
}
