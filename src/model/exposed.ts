/** Copies by original. A copy is collected together with its original. */
const copies = new WeakMap<object, object>()

/**
 * Returns the copy of a value in memory that an application receives. The copy is made once for each object. If the
 * application modifies it, neither the data that patches apply to, nor a store, nor another process is affected.
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

/** Returns a deep copy of a JSON value of any depth. Other objects in it, for example dates, are shared with the original. */
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
    // An assignment to `__proto__` would change the prototype.
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

/** Returns the members of an object; none for an object that throws when it is read, for example in a getter. */
function membersOf(value: object): readonly [string, unknown][] {
  try {
    return Object.entries(value)
  } catch {
    return []
  }
}

/** Returns whether a value is an array or a plain object. A revoked Proxy, which cannot be inspected, is neither. */
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
