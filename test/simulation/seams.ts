/**
 * Replaces named exports and methods for a mutant. A mutant depends on names, not on the text of the code. Only calls
 * through the export are replaced, which are those of other modules.
 */
export class Seams {
  readonly #undo: (() => void)[] = []

  /** Replaces an export of a module (`import * as module`), or a method of a prototype. */
  replace<T extends object, N extends keyof T>(target: T, name: N, make: (original: T[N]) => T[N]): void {
    const replacement = make(target[name])
    this.#define(target, name, { get: () => replacement })
  }

  /** Replaces a getter of a prototype. */
  replaceGetter<T extends object, N extends keyof T>(prototype: T, name: N, get: (this: T) => T[N]): void {
    this.#define(prototype, name, { get })
  }

  /** Restores all originals. */
  restore(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo()
  }

  #define(target: object, name: PropertyKey, replacement: PropertyDescriptor): void {
    const original = Object.getOwnPropertyDescriptor(target, name)
    if (!original) throw new Error(`there is no seam ${String(name)}`)
    Object.defineProperty(target, name, { ...replacement, configurable: true, enumerable: true })
    this.#undo.push(() => void Object.defineProperty(target, name, original))
  }
}
