import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject, tryParse } from '../../model/json.ts'

// The format of the copy: a line `halyard-auto-config:1`, a line feed, and Base64 of a nonce of 12 bytes, a tag of 16 bytes and the
// encrypted text. The text is gzipped JSON: `savedAt` in milliseconds since the Unix epoch, and `environments` as the service sent
// them, by id. It is encrypted by AES-256-GCM, with the SHA-256 of a secret as key and the first line as associated data.

const HEADER = 'halyard-auto-config:1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_TEXT_BYTES = 256 * 2 ** 20

/** The environments of an earlier run. */
export interface SavedConfig {
  /** Milliseconds since the Unix epoch. */
  readonly savedAt: number
  /** As the service sent them, by id. */
  readonly environments: JsonObject
}

/** Returns the encrypted text of a configuration. */
export function seal(config: SavedConfig, secret: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), nonce).setAAD(Buffer.from(HEADER))
  const text = Buffer.concat([cipher.update(gzipSync(JSON.stringify(config))), cipher.final()])
  return `${HEADER}\n${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')}`
}

/** Decrypts a configuration. Returns a fault if it was written with another secret or in another format, or is damaged. */
export function unseal(sealed: string, secret: string): SavedConfig | { readonly fault: string } {
  const [header, ...lines] = sealed.split('\n')
  if (header !== HEADER) return { fault: 'it has another format' }
  const bytes = Buffer.from(lines.join(''), 'base64')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(HEADER)).setAuthTag(tag)
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return parsed(gunzipSync(text, { maxOutputLength: MAX_TEXT_BYTES }).toString())
  } catch {
    return { fault: 'it is damaged, or was encrypted with another key' }
  }
}

function parsed(text: string): SavedConfig | { readonly fault: string } {
  const config = tryParse(text)
  const { savedAt, environments } = isJsonObject(config) ? config : {}
  if (typeof savedAt !== 'number' || !isJsonObject(environments)) return { fault: 'it has another format' }
  return { savedAt, environments }
}

function keyOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
