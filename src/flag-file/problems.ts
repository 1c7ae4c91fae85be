import { didYouMean } from '../model/near-miss.ts'

/** The place of a value in a flag file, as names of members and indexes of lists. */
export type FilePath = readonly (string | number)[]

export interface Problem {
  readonly path: FilePath
  readonly reason: string
}

export class Problems {
  readonly errors: Problem[] = []
  readonly warnings: Problem[] = []

  /**
   * Adds an error about a value. `what` completes "expected …". It does not show the whole content, because that may be another file,
   * for example one with a secret.
   */
  expected(path: FilePath, what: string, value: unknown): void {
    this.errors.push({
      path,
      reason: `expected ${what}, found ${path.length === 0 ? typeName(value) : describe(value)}`,
    })
  }

  /** Adds an error about an unknown member if its name resembles a known one, otherwise a warning. */
  unknown(path: FilePath, known: readonly string[]): void {
    const hint = didYouMean(String(path.at(-1)), known)
    if (hint !== undefined) this.errors.push({ path, reason: `not a known member; ${hint}` })
    else this.warnings.push({ path, reason: 'not a known member; it is kept and has no effect here' })
  }
}

/** Returns a path as code would write it, for example `flags.checkout.rules[0]`. */
export function printFilePath(path: FilePath): string {
  return path.reduce<string>((printed, part) => {
    if (typeof part === 'number') return `${printed}[${part}]`
    const name = /^[\w$-]+$/.test(part) ? part : JSON.stringify(part)
    return printed === '' ? name : `${printed}.${name}`
  }, '')
}

const MAX_SHOWN = 40

function describe(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, MAX_SHOWN))}`
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`
  return typeName(value)
}

function typeName(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
