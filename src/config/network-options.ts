import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { ObjectSchemas } from '../model/object-schemas.ts'
import { isProxyUrl } from '../transport/proxy.ts'
import { type ServiceTlsOptions, serviceTls } from '../transport/tls.ts'
import type { Dispatcher, Network } from '../transport/undici-transport.ts'

const pems = oneOrMore(isPem, 'text in PEM (not the path of a file), or a list of such')
const keys = oneOrMore(
  (value) => isPem(value) || isPem(member(value, 'pem')),
  'text in PEM (not the path of a file), or a list of such, or of objects with pem',
)
const bundles = oneOrMore(
  (value) => isContent(value) || isContent(member(value, 'buf')),
  'the content of a PKCS #12 file, or a list of such, or of objects with buf',
)

/** Returns the schemas of the network options. */
export function networkFields({ own: object }: ObjectSchemas): Readonly<Record<string, z.ZodType>> {
  return {
    tls: object({
      ca: pems.optional(),
      cert: pems.optional(),
      key: keys.optional(),
      pfx: bundles.optional(),
      ciphers: z.string().min(1).optional(),
      secureProtocol: z.string().min(1).optional(),
      checkServerIdentity: z
        .custom((value) => typeof value === 'function', { error: 'a function' })
        .optional(),
      passphrase: z.string().optional(),
      servername: z.string().min(1).optional(),
      verify: z.literal(['always', 'never']).optional(),
    }).optional(),
    proxy: z
      .custom((value) => value === 'environment' || value === 'none' || isProxy(value), {
        error: '"environment", "none" or the URL of an http or https proxy, without query and fragment',
      })
      .optional(),
    dispatcher: z
      .custom((value) => typeof (value as Dispatcher | null)?.dispatch === 'function', {
        error: 'a dispatcher of undici',
      })
      .optional(),
  }
}

/** Returns what is wrong with the TLS options together; each alone has the right form. */
export function tlsIssues(tls: ServiceTlsOptions | undefined): ConfigIssue[] {
  if (!tls) return []
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    return [{ path: 'options.tls', expected: 'cert and key together', received: 'one without the other' }]
  }
  try {
    createSecureContext(serviceTls(tls))
    return []
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string }
    return [
      {
        path: 'options.tls',
        expected:
          'certificates and keys that can be read and fit, and ciphers and a version that OpenSSL knows',
        received: reason ?? message,
      },
    ]
  }
}

/** Says what is dangerous, and what is without effect. */
export function warnOfNetwork(options: Network & { readonly transport?: unknown }, logger: Logger): void {
  if (options.tls?.verify === 'never') {
    logger.warn(
      'tls.verify is "never": certificates are NOT verified. Whoever is on the path can read the SDK key and change ' +
        'every flag. Give the authority as tls.ca instead',
    )
  }
  const ruling = (['transport', 'dispatcher'] as const).find((name) => options[name] !== undefined)
  for (const name of ['tls', 'proxy', 'dispatcher'] as const) {
    if (ruling && ruling !== name && options[name] !== undefined) {
      logger.warn(`${name} has no effect beside ${ruling}`)
    }
  }
}

/** That part of what was handed in. */
export function networkOf({ tls, proxy, dispatcher }: Network): Network {
  return { ...(tls && { tls }), ...(proxy && { proxy }), ...(dispatcher && { dispatcher }) }
}

/** A value or a list of values, each of which passes a check. */
function oneOrMore(isGood: (value: unknown) => boolean, error: string): z.ZodType {
  return z.custom<unknown>((value) => (Array.isArray(value) ? value.every(isGood) : isGood(value)), { error })
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function isContent(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0
}

function isPem(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.includes('-----BEGIN ')
}

function isProxy(value: unknown): boolean {
  return typeof value === 'string' && isProxyUrl(value)
}
