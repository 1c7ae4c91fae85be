/** A log with the time in seconds. Lines are formatted only if the log is kept. */
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
