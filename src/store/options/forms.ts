import { z } from 'zod'
import { STRICT } from '../../model/object-schemas.ts'

// What single options must be like. Each message says what is expected, and nothing about what was received.

export const text: z.ZodType = textThat((value) => value !== '', 'a string that is not empty')
/** A login. Files of secrets often end with a line break, which no login does. */
export const secret: z.ZodType = textThat(
  (value) => value !== '' && !/[\r\n]$/.test(value),
  'a string that is not empty and does not end with a line break (files often end with one)',
)
export const yesOrNo: z.ZodType = z.boolean('a boolean')
export const finite: z.ZodType = z.number('a finite number')
export const duration: z.ZodType = z.custom(
  (value) => typeof value === 'number' && value >= 0,
  'a number that is not negative, or Infinity',
)
/** A credential has no place in it: it is logged. */
export const host: z.ZodType = textThat(
  (value) => /^[^\s/?#@]+$/.test(value),
  'the name or address of a host',
)
export const port: z.ZodType = z.custom(isPort, 'the number of a port')

export function textThat(fits: (value: string) => boolean, expected: string): z.ZodType {
  return z.custom((value) => typeof value === 'string' && fits(value), expected)
}

export function oneOf(...words: readonly string[]): z.ZodType {
  return z.literal([...words], words.map((word) => JSON.stringify(word)).join(' or '))
}

export function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536
}

type Members = Readonly<Record<string, z.ZodType>>

/** Returns the schema of an object with these members and maybe those. Other members are reported as unknown names. */
export function group(optional: Members, required: Members = {}): z.ZodObject {
  return STRICT.own({ ...required, ...z.object(optional).partial().shape })
}

/** Returns the schema of an object that other software also reads: further members are allowed. */
export function sharedGroup(optional: Members): z.ZodObject {
  return STRICT.shared(z.object(optional).partial().shape)
}
