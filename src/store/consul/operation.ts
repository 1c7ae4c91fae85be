/** One step of a transaction on the key/value store, in Consul's words. */
export type Operation =
  | { readonly Verb: 'get' | 'get-tree' | 'delete'; readonly Key: string }
  | { readonly Verb: 'set'; readonly Key: string; readonly Value: string }
  /** Sets a key that was not changed since; with index 0, one that is not there. */
  | { readonly Verb: 'cas'; readonly Key: string; readonly Value: string; readonly Index: number }
  | { readonly Verb: 'delete-cas' | 'check-index'; readonly Key: string; readonly Index: number }

/** What every version takes at once; newer ones take twice as many. */
export const MOST_OPERATIONS = 64

/** What Consul takes as the body of a transaction, and as a value, unless it is configured otherwise. */
export const MOST_BYTES: number = 512 * 1024

/** Everything in an operation that is neither key nor value, a namespace included. Bytes, rounded up. */
const FRAME_BYTES = 192

export function set(key: string, text: string): Operation {
  return { Verb: 'set', Key: key, Value: base64(text) }
}

export function cas(key: string, text: string, index: number): Operation {
  return { Verb: 'cas', Key: key, Value: base64(text), Index: index }
}

/** How many bytes of a body an operation with this key and value takes at most. */
export function roomFor(key: string, text: string): number {
  return FRAME_BYTES + Buffer.byteLength(JSON.stringify(key)) + Math.ceil(Buffer.byteLength(text) / 3) * 4
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
