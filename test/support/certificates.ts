import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A certificate of fixtures/tls and its key. */
export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

export function certificatePath(file: string): string {
  return fileURLToPath(new URL(`../../fixtures/tls/${file}`, import.meta.url))
}

export function certificate(
  name: 'leaf' | 'expired' | 'future' | 'wrong-host' | 'client' | 'self-signed' | 'hosted',
): Certificate {
  return {
    key: readFileSync(certificatePath(`${name}.key.pem`)),
    cert: readFileSync(certificatePath(`${name}.cert.pem`)),
  }
}

/** The authority that signed all certificates except `self-signed` and `hosted`. */
export const CA: Buffer = readFileSync(certificatePath('ca.cert.pem'))
