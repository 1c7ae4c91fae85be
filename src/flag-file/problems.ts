import { nearMiss } from '../model/near-miss.ts'

/** Where something stands in a flag file, as names of members and indexes of lists. */
export type FilePath = readonly (string | number)[]

/** One thing that is wrong in a flag file. */
export interface Problem {
  readonly path: FilePath
  readonly reason: string
}

/** Problems and warnings found while a flag file is validated. */
export class Problems {
  readonly errors: Problem[] = []
  readonly warnings: Problem[] = []

  /** Notes a value that is not what is expected. */
  expected(path: FilePath, what: string, value: unknown): void {
    this.errors.push({ path, reason: `expected ${what}, found ${describe(value)}` })
  }

  /** Notes a member without meaning: an error if it resembles a known name, otherwise a warning. */
  unknown(path: FilePath, known: readonly string[]): void {
    const near = nearMiss(String(path.at(-1)), known)
    if (near !== undefined) this.errors.push({ path, reason: `not a known member; did you mean ${near}?` })
    else this.warnings.push({ path, reason: 'not a known member; it is kept and has no effect here' })
  }
}

/** Returns a path as it is written in code, for example `flags.checkout.rules[0]`. */
export function printFilePath(path: FilePath): string {
  return path.reduce<string>((printed, part) => {
    if (typeof part === 'number') return `${printed}[${part}]`
    const name = /^[\w$-]+$/.test(part) ? part : JSON.stringify(part)
    return printed === '' ? name : `${printed}.${name}`
  }, '')
}

const MOST_SHOWN = 40

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, MOST_SHOWN))}`
  return typeof value === 'number' || typeof value === 'boolean'
    ? `the ${typeof value} ${value}`
    : typeof value
}
