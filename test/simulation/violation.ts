/** An invariant that did not hold. */
export class Violation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Violation'
  }
}

export function insist(holds: boolean, otherwise: () => string): void {
  if (!holds) throw new Violation(otherwise())
}
