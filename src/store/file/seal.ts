const FORMAT = 1
const SEAL = /^halyard-snapshot (\d) ([0-9a-f]{64})\n$/

/** What the first line is until the rest is written: no file that looks like this is ever believed. */
export const OPEN_SEAL: string = seal('0'.repeat(64)).replaceAll(/./g, ' ')

/** How long the first line is, whatever it seals: that lets it be written last. */
export const SEAL_BYTES: number = OPEN_SEAL.length

/** The first line: what the file is, and the SHA-256 of everything after it. */
export function seal(sha256: string): string {
  return `halyard-snapshot ${FORMAT} ${sha256}\n`
}

/** Whether a file may once have been a snapshot, whole or not: only such a file is ours to replace. */
export function mayBeOurs(line: string): boolean {
  const begun = OPEN_SEAL.slice(0, line.length)
  const name = 'halyard-snapshot '
  return line.startsWith(name) || name.startsWith(line) || line === begun
}

/** How many bytes at the beginning of a file {@link isDamaged} needs. */
export const HEAD_BYTES = 4_096

/** The facts that follow the first line of every snapshot begin like this. */
const FACTS = '{"savedAt":'

/**
 * Returns whether a file that {@link mayBeOurs} does not recognize is a snapshot that was damaged: it begins with zero bytes,
 * as after a power failure, or its first line is damaged and the facts follow where they always do. No other file looks so.
 */
export function isDamaged(head: Buffer): boolean {
  if (head.length > 0 && head.every((byte) => byte === 0)) return true
  return head.toString('latin1', SEAL_BYTES, SEAL_BYTES + FACTS.length) === FACTS
}

/** Reads the first line. */
export function readSeal(
  line: string,
):
  | { readonly type: 'sealed'; readonly sha256: string }
  | { readonly type: 'fault'; readonly reason: string } {
  const [, format, sha256] = SEAL.exec(line) ?? []
  if (sha256 === undefined) return { type: 'fault', reason: reasonOf(line) }
  if (format !== String(FORMAT)) return { type: 'fault', reason: `it has format ${format}, not ${FORMAT}` }
  return { type: 'sealed', sha256 }
}

function reasonOf(line: string): string {
  if (line === '') return 'it is empty'
  return /^\0+$/.test(line) ? 'it is damaged: it begins with zero bytes' : 'it is no snapshot'
}
