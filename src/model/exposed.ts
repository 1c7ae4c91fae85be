/** Copies by original. A copy goes with its original. */
const copies = new WeakMap<object, object>()

/**
 * Returns what an application may receive of a value that is held: a copy, made once for each object that is held. What an
 * application does to it reaches neither the data that patches apply to, nor a store, nor another process.
 */
export function exposed<T>(held: T): T {
  if (typeof held !== 'object' || held === null) return held
  let copy = copies.get(held)
  if (copy === undefined) {
    copy = copyOf(held)
    copies.set(held, copy)
  }
  return copy as T
}

/** Returns a deep copy of JSON, of any depth. Anything else in it, such as a date, is the same object in both. */
export function copyOf<T>(original: T): T {
  const made = new Map<object, object>()
  const pending: object[] = []
  const copied = (value: unknown): unknown => {
    if (!isPlain(value)) return value
    let copy = made.get(value)
    if (copy === undefined) {
      copy = Array.isArray(value) ? [] : {}
      made.set(value, copy)
      pending.push(value)
    }
    return copy
  }
  const result = copied(original)
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    fill(made.get(next) as object, next, copied)
  return result as T
}

function fill(copy: object, original: object, copied: (value: unknown) => unknown): void {
  for (const [name, value] of membersOf(original)) {
    // Assigned, `__proto__` would change the prototype.
    if (name === '__proto__')
      Object.defineProperty(copy, name, {
        value: copied(value),
        writable: true,
        enumerable: true,
        configurable: true,
      })
    else (copy as Record<string, unknown>)[name] = copied(value)
  }
}

/** The members; none of what throws when it is read, such as a default value of the application with a getter. */
function membersOf(value: object): readonly [string, unknown][] {
  try {
    return Object.entries(value)
  } catch {
    return []
  }
}

/** What cannot be asked, such as a revoked Proxy, is not copied. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  try {
    if (Array.isArray(value)) return true
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === Object.prototype || prototype === null
  } catch {
    return false
  }
}
