/** A semantic version. Build metadata (`+build`) is ignored, because it does not affect the order. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: readonly string[]
}

const MAX_LENGTH = 256
const RELEASE: readonly string[] = []
const SUFFIX =
  /^(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/
const DIGITS = /^\d+$/
const DOT = 46
const ZERO = 48
const LOWER_V = 118

let lastText = ''
let lastVersion: Version | undefined

/** Parses a version and remembers the last one, because the clauses of a rule often read the same attribute. */
export function parseVersionOfAttribute(value: unknown): Version | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined
  if (value !== lastText) {
    lastVersion = parseVersion(value)
    lastText = value
  }
  return lastVersion
}

/**
 * Parses a version as the official SDK does. Returns undefined if the value is not one. `2` and `2.5` mean `2.0.0` and
 * `2.5.0`; otherwise the format is strict, without a leading `v`. White space around a version is ignored. A version with
 * leading white space may begin with `v` and must have three numbers.
 */
export function parseVersion(value: unknown): Version | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  const isIndented = text.charCodeAt(0) !== value.charCodeAt(0)
  let at = isIndented && text.charCodeAt(0) === LOWER_V ? 1 : 0

  const numbers = [0, 0, 0]
  let count = 0
  do {
    if (count > 0) at++
    const end = endOfDigits(text, at)
    if (end === at || (end > at + 1 && text.charCodeAt(at) === ZERO)) return undefined
    const number = numberBetween(text, at, end)
    if (number > Number.MAX_SAFE_INTEGER) return undefined
    numbers[count++] = number
    at = end
  } while (count < 3 && text.charCodeAt(at) === DOT)

  const missing = 3 - count
  if ((isIndented && missing > 0) || value.length + missing * '.0'.length > MAX_LENGTH) return undefined
  const [major, minor, patch] = numbers as [number, number, number]
  if (at === text.length) return { major, minor, patch, prerelease: RELEASE }
  const suffix = SUFFIX.exec(text.slice(at))
  return suffix ? { major, minor, patch, prerelease: suffix[1]?.split('.') ?? RELEASE } : undefined
}

/** Returns a negative number if `a` precedes `b`, a positive one if it follows, and 0 if both are equal in order. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePrereleases(a, b)
}

function comparePrereleases({ prerelease: a }: Version, { prerelease: b }: Version): number {
  // A prerelease precedes its release.
  if (a.length === 0 || b.length === 0) return b.length - a.length
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [left, right] = [a[i] as string, b[i] as string]
    if (left !== right) return compareIdentifiers(left, right)
  }
  return a.length - b.length
}

/** Compares two prerelease identifiers. Numeric ones precede alphanumeric ones. */
function compareIdentifiers(a: string, b: string): number {
  const aIsNumber = DIGITS.test(a)
  const bIsNumber = DIGITS.test(b)
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : 1
}

function endOfDigits(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

function numberBetween(text: string, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) number = number * 10 + (text.charCodeAt(at) - ZERO)
  return number
}

function isDigit(code: number): boolean {
  return code >= ZERO && code < ZERO + 10
}
