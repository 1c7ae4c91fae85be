import { type Change, KINDS, type Kind } from '../model/change-set.ts'
import type { Decoded, Violation } from './decoder.ts'
import { readAll, readChange } from './fdv1.ts'

const IGNORED: Decoded = { type: 'ignored' }

/**
 * Turns the events of one FDv1 connection into change sets, one each. FDv1 may repeat itself out of order, so stale
 * patches are dropped here, against the versions this connection has seen (D11).
 */
export class Fdv1Decoder {
  readonly #versions: Readonly<Record<Kind, Map<string, number>>> = { flag: new Map(), segment: new Map() }
  #begun = false

  /** Whether the first payload is still to come: until then every byte is part of it. */
  get transferring(): boolean {
    return !this.#begun
  }

  decodeText(event: string, text: string): Decoded {
    if (event !== 'put' && event !== 'patch' && event !== 'delete') return IGNORED
    let data: unknown
    try {
      data = JSON.parse(text)
    } catch {
      return violation(event, 'its data is not JSON')
    }
    return event === 'put' ? this.#put(data) : this.#change(event, data)
  }

  #put(data: unknown): Decoded {
    const changeSet = readAll((data as { readonly data?: unknown } | null)?.data)
    if ('malformed' in changeSet) return violation('put', changeSet.malformed)
    this.#begun = true
    for (const kind of KINDS) this.#versions[kind].clear()
    for (const change of changeSet.changes) this.#remember(change)
    return { type: 'changeSet', changeSet }
  }

  #change(event: 'patch' | 'delete', data: unknown): Decoded {
    const change = readChange(event, data)
    if (!change) return IGNORED
    if ('malformed' in change) return violation(event, change.malformed)
    if (!this.#begun) return violation(event, 'it came before the first put', change.key)
    const known = this.#versions[change.kind].get(change.key)
    if (known !== undefined && known >= change.version) return IGNORED
    this.#remember(change)
    return { type: 'changeSet', changeSet: { type: 'partial', changes: [change] } }
  }

  #remember({ kind, key, version }: Change): void {
    this.#versions[kind].set(key, version)
  }
}

/** The body of an FDv1 poll: everything, or nothing that can be trusted. */
export function* decodeFdv1Body(text: string): Generator<Decoded> {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return yield violation('poll', text === '' ? 'the body is empty' : 'the body is not JSON')
  }
  const changeSet = readAll(data)
  yield 'malformed' in changeSet ? violation('poll', changeSet.malformed) : { type: 'changeSet', changeSet }
}

function violation(event: string, message: string, key?: string): Violation {
  return { type: 'violation', event, message, ...(key !== undefined && { key }) }
}
