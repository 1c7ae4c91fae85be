import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Clock } from '../async/clock.ts'
import { watchFiles } from '../flag-file/watch.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { ServingTls } from './config/option-groups.ts'

/** The validity of the certificate that a relay serves. Times are milliseconds since the Unix epoch. */
export interface CertificateView {
  /** The first moment of validity, in milliseconds since the Unix epoch. */
  readonly validFrom: number
  /** The earliest expiry of the certificate and its intermediate certificates. */
  readonly expiresAt: number
}

export type CertificateState = 'valid' | 'expiring' | 'expired'

/** A certificate is `expiring` in the last fifth of its lifetime, at most this long. Shorter than the time for an automatic renewal. */
const MAX_WARNING_MS = 14 * 24 * 3_600_000

export function certificateState({ validFrom, expiresAt }: CertificateView, now: number): CertificateState {
  if (now >= expiresAt) return 'expired'
  return expiresAt - now < Math.min(MAX_WARNING_MS, (expiresAt - validFrom) / 5) ? 'expiring' : 'valid'
}

/** A server whose certificate can be replaced. Open connections keep theirs. */
interface SecureServer {
  setSecureContext(options: SecureContextOptions): void
}

interface CertificateOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Time between two checks of the files, in milliseconds. A renewed certificate is served after two to three checks. */
const CHECK_MS = 1_000

/** The certificate and key that a relay serves. Reads both files again when one has changed. */
export class ServingCertificate {
  readonly #tls: ServingTls
  readonly #options: CertificateOptions
  readonly #checks: ReturnType<typeof watchFiles>
  readonly #servers = new Set<SecureServer>()
  #pair: CertificatePair

  /** Throws the error of Node if a file cannot be read, or if both do not match. */
  constructor(tls: ServingTls, options: CertificateOptions) {
    const { clock, signal } = options
    this.#tls = tls
    this.#options = options
    // Before the first read, so that no change is missed.
    this.#checks = watchFiles([tls.certFile, tls.keyFile], { clock, signal, intervalMs: CHECK_MS })
    this.#pair = readPair(tls)
  }

  get view(): CertificateView {
    return this.#pair.view
  }

  get options(): SecureContextOptions {
    return this.#pair.options
  }

  /** Replaces the certificate of the server when the files have changed. */
  addServer(server: SecureServer): void {
    this.#servers.add(server)
  }

  /** Follows the files, and logs when the certificate is about to expire, until the signal aborts. Never rejects. */
  async follow(): Promise<void> {
    const reported = new WarnOnce()
    const failures = new WarnOnce()
    this.#logState(reported)
    for await (const check of this.#checks) {
      if (check === 'changed') {
        const problem = this.#read()
        if (problem === undefined) {
          reported.reset()
          failures.reset()
        } else if (failures.isFirst(problem)) this.#options.logger.error(problem)
      }
      this.#logState(reported)
    }
  }

  /** Reads both files and serves them. If that fails, returns the message to log. */
  #read(): string | undefined {
    const { certFile, keyFile } = this.#tls
    try {
      const pair = readPair(this.#tls)
      for (const server of this.#servers) server.setSecureContext(pair.options)
      this.#pair = pair
      this.#options.logger.info(
        `TLS certificate: renewed, expires at ${timeText(pair.view.expiresAt)}; open connections are not affected`,
      )
      return undefined
    } catch (error) {
      const kept = `the relay still serves the former certificate, which expires at ${timeText(this.view.expiresAt)}`
      const advice =
        'write a certificate and its key to both files; they are read again when one of them changes'
      return `TLS certificate: ${certFile} and ${keyFile} have changed but cannot be used (${(error as Error).message}); ${kept}; ${advice}`
    }
  }

  #logState(reported: WarnOnce): void {
    const { clock, logger } = this.#options
    const state = certificateState(this.view, clock.now())
    if (state === 'valid' || !reported.isFirst(state)) return
    const time = timeText(this.view.expiresAt)
    const advice = `replace ${this.#tls.certFile} and ${this.#tls.keyFile}; the relay reads them without a restart`
    if (state === 'expired')
      logger.error(`TLS certificate: expired at ${time}; clients refuse to connect; ${advice}`)
    else logger.warn(`TLS certificate: expires soon, at ${time}; ${advice}`)
  }
}

interface CertificatePair {
  readonly options: SecureContextOptions
  readonly view: CertificateView
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function readPair({ certFile, keyFile, minVersion }: ServingTls): CertificatePair {
  const cert = readFileSync(certFile)
  const options = { cert, key: readFileSync(keyFile), ...(minVersion && { minVersion }) }
  createSecureContext(options)
  const leaf = new X509Certificate(cert)
  const chain = cert.toString('latin1').match(PEM_CERTIFICATE) ?? []
  const ends = chain.map((pem) => new X509Certificate(pem).validToDate.getTime())
  return {
    options,
    view: {
      validFrom: leaf.validFromDate.getTime(),
      expiresAt: Math.min(leaf.validToDate.getTime(), ...ends),
    },
  }
}

function timeText(time: number): string {
  return new Date(time).toISOString()
}
