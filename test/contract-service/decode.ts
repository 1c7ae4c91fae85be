import { z } from 'zod'
import { ServiceError } from './service-error.ts'

/** Reads a body by its schema. What does not fit is the fault of whoever asked. */
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
