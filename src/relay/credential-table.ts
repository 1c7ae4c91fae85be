import { createHash } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import type { Audience } from './addresses.ts'
import { type Credential, digestOf, eventTokenOf, type ValidCredential } from './credentials.ts'

export interface CredentialTableOptions<O> {
  readonly clock: Clock
  /** Called when a credential reaches its end date. */
  readonly onExpiry: (credential: ValidCredential, owner: O) => void
}

/** The owner of a credential. */
export interface KnownCredential<O> {
  readonly owner: O
  readonly credential: Credential
  /** Aborts when the credential expires, is removed, or gets another owner. */
  readonly expired: AbortSignal
}

interface Entry<O> {
  readonly owner: O
  /** The digest of the token for streams of OFREP. */
  readonly token: string
  readonly end: AbortController
  credential: ValidCredential
  disarm: Undo
}

const KINDS: readonly Audience[] = ['server', 'mobile', 'browser']

/** Longest time between two checks of an end date, in milliseconds, because the clock of the machine may be set. */
const MAX_WAIT_MS = 3_600_000

/** The credentials of all environments, by digest. Each is valid until its end date, its removal, or its next owner. */
export class CredentialTable<O> {
  readonly #options: CredentialTableOptions<O>
  readonly #entries = new Map<string, Entry<O>>()
  /** The digests of credentials by those of their tokens. */
  readonly #tokens = new Map<string, string>()
  readonly #digests = new Map<O, readonly string[]>()

  constructor(options: CredentialTableOptions<O>) {
    this.#options = options
  }

  /** Returns the owner of a credential, or undefined if the credential is unknown or expired. */
  find(credential: Credential): KnownCredential<O> | undefined {
    return this.#find(digestOf(credential))
  }

  /** Returns the owner of a key whose kind is not known. */
  findKey(value: string): KnownCredential<O> | undefined {
    for (const audience of KINDS) {
      const known = this.find({ audience, value })
      if (known) return known
    }
    return undefined
  }

  /** Returns the owner of the credential to which a token for streams of OFREP belongs. */
  findToken(token: string): KnownCredential<O> | undefined {
    const digest = this.#tokens.get(digestOfToken(token))
    return digest === undefined ? undefined : this.#find(digest)
  }

  /**
   * Replaces the credentials of an owner, and takes them from other owners. The signal of a credential that the owner already had
   * does not abort, even if its end date differs.
   */
  set(owner: O, credentials: readonly ValidCredential[]): void {
    const now = this.#options.clock.now()
    const present = new Map(
      credentials.filter(({ until }) => now < until).map((credential) => [digestOf(credential), credential]),
    )
    for (const digest of this.#digests.get(owner) ?? []) {
      if (!present.has(digest) && this.#entries.get(digest)?.owner === owner) this.#end(digest)
    }
    this.#digests.set(owner, [...present.keys()])
    for (const [digest, credential] of present) {
      if (this.#entries.get(digest)?.owner !== owner) this.#end(digest)
      const entry = this.#entries.get(digest) ?? {
        owner,
        token: digestOfToken(eventTokenOf(credential)),
        end: new AbortController(),
        credential,
        disarm() {},
      }
      entry.disarm()
      entry.credential = credential
      this.#entries.set(digest, entry)
      this.#tokens.set(entry.token, digest)
      this.#watch(digest, entry)
    }
  }

  /** Ends all credentials of an owner. */
  remove(owner: O): void {
    this.set(owner, [])
    this.#digests.delete(owner)
  }

  /** Stops the timers of end dates. */
  close(): void {
    for (const { disarm } of this.#entries.values()) disarm()
  }

  #watch(digest: string, entry: Entry<O>): void {
    const { clock, onExpiry } = this.#options
    const { credential, owner } = entry
    if (credential.until === Infinity) return
    const leftMs = credential.until - clock.now()
    if (leftMs > 0) {
      entry.disarm = clock.after(Math.min(leftMs, MAX_WAIT_MS), () => this.#watch(digest, entry))
    } else {
      this.#end(digest)
      onExpiry(credential, owner)
    }
  }

  #end(digest: string): void {
    const entry = this.#entries.get(digest)
    if (!entry) return
    this.#entries.delete(digest)
    this.#tokens.delete(entry.token)
    entry.disarm()
    entry.end.abort()
  }

  #find(digest: string): KnownCredential<O> | undefined {
    const entry = this.#entries.get(digest)
    if (!entry || this.#options.clock.now() >= entry.credential.until) return undefined
    const { owner, end } = entry
    const { audience, value } = entry.credential
    return { owner, credential: { audience, value }, expired: end.signal }
  }
}

/** Tokens are looked up by a digest for the same reason as keys. */
function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
