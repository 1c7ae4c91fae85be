import { ConfigError, HalyardError } from '../model/errors.ts'

const MAX_DEPTH = 4

/**
 * Calls `read`, which reads options of the application, and returns its result. Options may be any value, so a getter or a
 * Proxy may throw.
 *
 * @param roots - the options, by the first part of their paths in an error.
 * @throws {@link ConfigError} if reading throws. It names the path of the member, and its cause is the original error.
 */
export function readingOptions<T>(roots: Readonly<Record<string, unknown>>, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof HalyardError) throw cause
    const paths = Object.entries(roots).map(([root, value]) => unreadablePath(root, value, MAX_DEPTH))
    const path = paths.find((found) => found !== undefined) ?? Object.keys(roots)[0] ?? 'options'
    const issue = { path, expected: 'a value that can be read', received: 'a getter or a Proxy that throws' }
    throw new ConfigError([issue], { cause })
  }
}

function unreadablePath(path: string, value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  const members = value as Readonly<Record<string, unknown>>
  let names: readonly string[]
  try {
    void members.constructor
    names = Object.keys(members)
  } catch {
    return path
  }
  for (const name of names) {
    const inner = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`
    try {
      const found = unreadablePath(inner, members[name], depth - 1)
      if (found !== undefined) return found
    } catch {
      return inner
    }
  }
  return undefined
}
