import type { ConnectionOptions } from 'node:tls'

/** Text of a PEM file, not its path. */
export type Pem = string | Buffer

/** How to know the service, and how to be known by it. */
export interface TlsOptions {
  /** Whom to trust, in place of the authorities Node knows. */
  readonly ca?: Pem | readonly Pem[]
  /** A certificate to show the service, with its chain; needs `key`. */
  readonly cert?: Pem
  readonly key?: Pem
  /** Opens `key`. */
  readonly passphrase?: string
  /** The name to ask for and to expect in the certificate. Default: the host of the URL. */
  readonly servername?: string
  /** `never` believes everybody, proxies too, and is warned of. Default `always`. */
  readonly verify?: 'always' | 'never'
}

type Trust = Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>
type Proof = Pick<ConnectionOptions, 'cert' | 'key' | 'passphrase' | 'servername'>

/** For connections to the service. */
export function serviceTls(tls: TlsOptions = {}): Trust & Proof {
  const { cert, key, passphrase, servername } = tls
  return {
    ...trust(tls),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(servername !== undefined && { servername }),
  }
}

/** For connections to a proxy: who we are is nothing to it. */
export function proxyTls(tls: TlsOptions = {}): Trust {
  return trust(tls)
}

function trust({ ca, verify = 'always' }: TlsOptions): Trust {
  return {
    // Said in so many words, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes what silence means.
    rejectUnauthorized: verify === 'always',
    ...(ca !== undefined && { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
  }
}
