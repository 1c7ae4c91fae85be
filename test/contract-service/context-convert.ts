import { z } from 'zod'
import type { Context, FlagClient } from '../../src/index.ts'
import { type ContextReport, reportContext } from './context-report.ts'
import { decode } from './decode.ts'

const texts = z.array(z.string()).nullish()
const name = z.string().nullish()

const part = z.looseObject({
  key: z.string(),
  name,
  anonymous: z.boolean().optional(),
  _meta: z.looseObject({ privateAttributes: texts }).nullish(),
})

const single = part.extend({ kind: z.string() })

const multi = z.object({ kind: z.literal('multi') }).catchall(part)

const user = z.looseObject({
  // Without a kind it is a legacy user.
  kind: z.undefined().optional(),
  key: z.string(),
  name,
  firstName: name,
  lastName: name,
  email: name,
  country: name,
  avatar: name,
  ip: name,
  anonymous: z.boolean().nullish(),
  custom: z.record(z.string(), z.unknown()).nullish(),
  privateAttributeNames: texts,
})

const anyForm = z.union([user, multi, single])

/** Reads a context from any JSON text. */
export function convertContext(client: FlagClient, input: string): ContextReport {
  try {
    return reportContext(client, decode(anyForm, input) as Context)
  } catch (error) {
    return { error: String(error) }
  }
}
