import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import * as tls from 'node:tls'
import { counted } from '../../model/text.ts'
import { type Finding, failed, ok, warning } from './checks.ts'

/** The result of a TLS handshake. The chain begins with the certificate of the server. */
export interface Handshake {
  readonly host: string
  readonly protocol: string
  /** The error code of Node.js if the certificate is not accepted. */
  readonly refusal: { readonly code: string; readonly reason: string } | undefined
  readonly chain: readonly PeerCertificate[]
}

/** The authorities that were trusted: a file of the command line or configuration, or those of Node.js. */
export type Authorities = { readonly files: readonly string[] } | 'of Node.js'

const DAY_MS = 86_400_000
const SOON_MS = 14 * DAY_MS

/** The longest chain that is read. A chain of a hostile server can be longer. */
const MAX_CHAIN = 10

/** Returns the certificates from that of the server to its root, as far as the server or the trusted authorities have them. */
export function chainOf(leaf: DetailedPeerCertificate): readonly PeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  for (let each: DetailedPeerCertificate | undefined = leaf; each?.raw && chain.length < MAX_CHAIN; ) {
    chain.push(each)
    const issuer: DetailedPeerCertificate | undefined = each.issuerCertificate
    each = issuer === each ? undefined : issuer
  }
  return chain
}

/** Judges the certificate of a server. `now` is in milliseconds since the Unix epoch. */
export function judgeChain(handshake: Handshake, authorities: Authorities, now: number): Finding {
  const { protocol, refusal, chain, host } = handshake
  const facts = {
    tlsVersion: protocol,
    authorities: authorities === 'of Node.js' ? storeOf(chain) : authorities.files.join(', '),
    ...(refusal && { code: refusal.code }),
    chain: chain.map((each) => ({
      subject: nameOf(each.subject),
      issuer: nameOf(each.issuer),
      validFrom: timeOf(each.valid_from),
      validTo: timeOf(each.valid_to),
    })),
  }
  const [leaf] = chain
  if (!leaf) return failed('the server sent no certificate', 'Configure a certificate in the server.', facts)
  const shown = `${nameOf(leaf.subject)}, issued by ${nameOf(leaf.issuer)}`
  if (refusal) {
    const { code, reason } = refusal
    return failed(`${reason} (${code}): ${shown}${dates(leaf)}`, remedyOf(handshake), facts)
  }
  const seen = `${protocol}, ${shown}, until ${dateOf(leaf.valid_to)}, trusted by ${facts.authorities}`
  const first = chain.find((each) => Date.parse(each.valid_to) - now < soonFor(each))
  if (!first) return ok(seen, facts)
  const days = Math.max(0, Math.floor((Date.parse(first.valid_to) - now) / DAY_MS))
  const remedy = `Renew the certificate of ${nameOf(first.subject)} for ${host}: it expires in ${counted(days, 'day')}.`
  return warning(seen, remedy, facts)
}

/** Certificates with a short life are renewed late, so the limit is a quarter of the life at most. */
function soonFor({ valid_from: from, valid_to: to }: PeerCertificate): number {
  return Math.min(SOON_MS, (Date.parse(to) - Date.parse(from)) / 4)
}

function dates({ valid_from: from, valid_to: to }: PeerCertificate): string {
  return `, valid from ${dateOf(from)} to ${dateOf(to)}`
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
])

const TRUST =
  'If you trust the issuer, save its certificate as PEM and name the file in NODE_EXTRA_CA_CERTS, or in tls.ca of the client (caCertFiles in [Proxy] of a relay).'

function remedyOf({ host, refusal, chain }: Handshake): string {
  const code = refusal?.code ?? ''
  const root = nameOf(chain.at(-1)?.issuer ?? {})
  if (UNTRUSTED.has(code))
    return isHosted(host)
      ? `${root} is not an authority of LaunchDarkly: a proxy of this network seems to intercept TLS. ${TRUST}`
      : TRUST
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'Renew the certificate of the server, or correct the clock of this machine.'
    case 'CERT_NOT_YET_VALID':
      return 'Correct the clock of this machine, or that of the machine that issued the certificate.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `Use a host name of the certificate in the URL, or issue a certificate for ${host} (tls.servername of a client names another host).`
    default:
      return 'Replace the certificate of the server.'
  }
}

/** Recognizes a host of the hosted service, whose certificates come from public authorities. */
export function isHosted(host: string): boolean {
  return /(^|\.)launchdarkly\.(com|us)$/i.test(host)
}

/** Returns the store of Node.js that has the root of a chain. */
function storeOf(chain: readonly PeerCertificate[]): string {
  const root = chain.at(-1)
  // Other runtimes do not have the function.
  const { getCACertificates } = tls as Partial<typeof tls>
  if (!root || !getCACertificates) return 'Node.js'
  const pem = root.raw.toString('base64')
  const has = (store: 'bundled' | 'system' | 'extra'): boolean =>
    getCACertificates(store).some((text) => text.replaceAll(/-----[^-]+-----|\s/g, '') === pem)
  if (has('extra')) return 'NODE_EXTRA_CA_CERTS'
  return has('bundled') ? 'Node.js' : 'the authorities of Node.js'
}

function nameOf(name: PeerCertificate['subject'] | Record<string, never>): string {
  const first = (value: string | string[] | undefined): string | undefined =>
    Array.isArray(value) ? value[0] : value
  return first(name.CN) ?? first(name.O) ?? first(name.OU) ?? 'a certificate without a name'
}

function timeOf(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? text : new Date(ms).toISOString()
}

function dateOf(text: string): string {
  return timeOf(text).slice(0, 10)
}
