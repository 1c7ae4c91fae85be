import { z } from 'zod'
import { LENIENT, type ObjectSchema, STRICT } from '../model/object-schemas.ts'
import type { Shape } from './check.ts'
import { byName, fileFields, uri } from './schema.ts'

function schema(object: ObjectSchema): z.ZodType {
  const baseUri = { baseUri: uri.optional() }
  const delay = { streamInitialReconnectDelay: z.number().optional() }
  const interval = { pollInterval: z.number().optional() }
  const file = object(fileFields)
  const initializer = z.discriminatedUnion('type', [object({ type: z.literal('polling'), ...baseUri }), file])
  const synchronizer = z.discriminatedUnion('type', [
    object({ type: z.literal('streaming'), ...baseUri, ...delay }),
    object({ type: z.literal('polling'), ...baseUri, ...interval }),
    file,
  ])
  return object({
    dataSource: z
      .discriminatedUnion('dataSourceOptionsType', [
        object({ dataSourceOptionsType: z.literal('standard'), ...delay, ...interval }),
        object({ dataSourceOptionsType: z.literal('streamingOnly'), ...delay }),
        object({ dataSourceOptionsType: z.literal('pollingOnly'), ...interval }),
        object({
          dataSourceOptionsType: z.literal('custom'),
          initializers: z.array(initializer),
          synchronizers: z.array(synchronizer),
        }),
      ])
      .optional(),
    fdv1Fallback: object({ ...baseUri, ...interval }).nullish(),
    ...byName,
  })
}

/** The plain object of `DataSystemOptions`. */
export const seedsShape: Shape = {
  strict: schema(STRICT.shared),
  lenient: schema(LENIENT.shared),
}
