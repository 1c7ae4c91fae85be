/** The violation of an invariant. */
export class Violation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Violation'
  }
}

export function ensure(holds: boolean, otherwise: () => string): void {
  if (!holds) throw new Violation(otherwise())
}
