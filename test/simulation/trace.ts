/** What happened, in order, with the time in seconds; built only when somebody will read it. */
export class Trace {
  readonly lines: string[] = []
  readonly #now: () => number
  readonly #wanted: 'kept' | 'dropped'

  constructor(now: () => number, wanted: 'kept' | 'dropped') {
    this.#now = now
    this.#wanted = wanted
  }

  write(line: () => string): void {
    if (this.#wanted === 'kept') this.lines.push(`${(this.#now() / 1000).toFixed(3).padStart(9)}s ${line()}`)
  }
}
