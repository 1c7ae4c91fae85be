import { z } from 'zod'
import { SIDECAR } from '../../layout/namespaces.ts'
import { fitsUrl, readAddress } from './address.ts'

// Each message says what is expected, and nothing about what was received.

const text = z.custom((value) => typeof value === 'string' && value !== '', 'a string that is not empty')
const duration = z.custom(
  (value) => typeof value === 'number' && value >= 0,
  'a number that is not negative, or Infinity',
)
const isPort = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536
const port = z.custom(isPort, 'the number of a port')
const flag = z.boolean('a boolean')
const oneOf = (...words: readonly string[]): z.ZodType =>
  z.literal([...words], words.map((word) => JSON.stringify(word)).join(' or ')).optional()

const url = z.custom(
  (value) => typeof value === 'string' && readAddress(value, 'http') !== undefined,
  'the address of an agent, http or https, without user, password, query and fragment',
)
const host = z.custom(
  (value) => typeof value === 'string' && /^[^\s/?#@]+$/.test(value),
  'the name or address of a host',
)
const prefix = z.custom(
  (value) => typeof value === 'string' && fitsUrl(value) && value.split('/')[0] !== SIDECAR,
  `a path without empty or dotted segments, and not below ${SIDECAR}`,
)
// A line break in a header would be thrown by whoever sends it, and repeated in what is thrown.
const token = z.custom(
  (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  'a token, printable and without spaces',
)

const isPem = (value: unknown): boolean =>
  (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN ')
const pem = z.custom(isPem, 'text in PEM (not the path of a file)')
const pems = z.custom(
  (value) => (Array.isArray(value) ? value.every(isPem) : isPem(value)),
  'text in PEM (not the path of a file), or a list of such',
)

const tls = z
  .strictObject(
    {
      ca: pems.optional(),
      cert: pem.optional(),
      key: pem.optional(),
      passphrase: z.string('a string').optional(),
      servername: text.optional(),
      verify: oneOf('always', 'never'),
    },
    'an object',
  )
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key together')

const consulOptions = z.strictObject(
  {
    host: host.optional(),
    port: z.custom((value) => isPort(Number(value)), 'the number of a port').optional(),
    secure: flag.optional(),
    ca: pems.optional(),
    defaults: z
      .strictObject({ token: token.optional(), dc: text.optional(), ns: text.optional() }, 'an object')
      .optional(),
  },
  'an object',
)

/** What options must be like; what is unknown is reported as such. */
export const optionsSchema: z.ZodType = z.strictObject(
  {
    url: url.optional(),
    host: host.optional(),
    port: port.optional(),
    prefix: prefix.optional(),
    token: token.optional(),
    namespace: text.optional(),
    datacenter: text.optional(),
    tls: tls.optional(),
    consistency: oneOf('default', 'consistent', 'stale'),
    consulOptions: consulOptions.optional(),
    cacheTtlMs: duration.optional(),
    cacheTTL: duration.optional(),
    staleOnErrorMs: duration.optional(),
    reads: oneOf('lazy', 'snapshot'),
    writers: oneOf('all', 'one'),
  },
  'an object',
)
