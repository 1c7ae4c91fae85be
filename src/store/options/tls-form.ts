import { z } from 'zod'
import type { TlsOptions } from '../../transport/tls.ts'
import { group, oneOf, text } from './forms.ts'

const pem = z.custom(isPem, 'text in PEM (not the path of a file)')

/** Whom to trust. */
export const authorities: z.ZodType = z.custom(
  (value) => (Array.isArray(value) ? value.every(isPem) : isPem(value)),
  'text in PEM (not the path of a file), or a list of such',
)

/** What {@link TlsOptions} must be like. */
export const tlsForm: z.ZodType = group({
  ca: authorities,
  cert: pem,
  key: pem,
  passphrase: z.string('a string'),
  servername: text,
  verify: oneOf('always', 'never'),
}).refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key together')

/** Says what is dangerous. */
export function tlsWarnings(root: string, tls: TlsOptions | undefined): readonly string[] {
  if (tls?.verify !== 'never') return []
  return [
    `${root}.tls.verify is "never": certificates are NOT verified. Whoever is on the path can read what the database is ` +
      'opened with and change every flag. Give the authority as tls.ca instead',
  ]
}

function isPem(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN')
}
