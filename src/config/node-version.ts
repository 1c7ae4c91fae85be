// The minimum is that of `engines` in package.json; a test compares them.
const MAJOR = 22
const MINOR = 19

/** Returns an error message if this Node.js is too old, otherwise `undefined`. Accepts every version of Bun and Deno. */
export function nodeVersionProblem(
  versions: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { node, bun, deno } = versions
  if (node === undefined || bun !== undefined || deno !== undefined) return undefined
  const [major = 0, minor = 0] = node.split('.').map(Number)
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return undefined
  return `halyard needs Node.js ${MAJOR}.${MINOR} or newer, and this is Node.js ${node}`
}
