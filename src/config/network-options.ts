import { createSecureContext } from 'node:tls'
import type { Logger } from '../model/logger.ts'
import type { IssueCollector } from '../options/issues.ts'
import { aFunction, authorities, isPem, oneOrMore, text, unverified } from '../options/schemas.ts'
import { type Members, oneOf, optional, ownObject, string, valueThat } from '../options/value-schema.ts'
import { isProxyUrl } from '../transport/proxy.ts'
import { type ServiceTlsOptions, serviceTls } from '../transport/tls.ts'
import type { Dispatcher, Network } from '../transport/undici-transport.ts'

const keys = oneOrMore(
  (value) => isPem(value) || isPem(member(value, 'pem')),
  'text in PEM (not the path of a file), or a list of such, or of objects with pem',
)
const bundles = oneOrMore(
  (value) => isContent(value) || isContent(member(value, 'buf')),
  'the content of a PKCS #12 file, or a list of such, or of objects with buf',
)

export const NETWORK: Members = {
  tls: optional(
    ownObject({
      ca: optional(authorities),
      cert: optional(authorities),
      key: optional(keys),
      pfx: optional(bundles),
      ciphers: optional(text),
      secureProtocol: optional(text),
      checkServerIdentity: optional(aFunction),
      passphrase: optional(string),
      servername: optional(text),
      verify: optional(oneOf('always', 'never')),
    }),
  ),
  proxy: optional(
    valueThat(
      (value) => value === 'environment' || value === 'none' || isProxy(value),
      '"environment", "none" or the URL of an http or https proxy, without query and fragment',
    ),
  ),
  dispatcher: optional(
    valueThat(
      (value) => typeof (value as Dispatcher | null)?.dispatch === 'function',
      'a dispatcher of undici',
    ),
  ),
}

export function checkTls(tls: ServiceTlsOptions | undefined, collector: IssueCollector): void {
  if (!tls) return
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    collector.refuse('options.tls', 'cert and key together', 'one without the other')
    return
  }
  try {
    createSecureContext(serviceTls(tls))
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string }
    collector.refuse(
      'options.tls',
      'certificates and keys that can be read and fit, and ciphers and a version that OpenSSL knows',
      reason ?? message,
    )
  }
}

export function warnOfNetwork(options: Network & { readonly transport?: unknown }, logger: Logger): void {
  if (options.tls?.verify === 'never') logger.warn(unverified('tls', 'the SDK key'))
  const ruling = (['transport', 'dispatcher'] as const).find((name) => options[name] !== undefined)
  for (const name of ['tls', 'proxy', 'dispatcher'] as const) {
    if (ruling && ruling !== name && options[name] !== undefined) {
      logger.warn(`${name} has no effect beside ${ruling}`)
    }
  }
}

export function networkOf({ tls, proxy, dispatcher }: Network): Network {
  return { ...(tls && { tls }), ...(proxy && { proxy }), ...(dispatcher && { dispatcher }) }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function isContent(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0
}

function isProxy(value: unknown): boolean {
  return typeof value === 'string' && isProxyUrl(value)
}
