import { stripVTControlCharacters } from 'node:util'

const ESCAPE = '\u001B'
const MOVES = new RegExp(String.raw`(${ESCAPE}\[\d+A|${ESCAPE}\[0J|\r|\n)`)

/** The screen of a terminal that knows the control sequences that commands use, without scrolling. */
export class Terminal {
  columns: number
  /** The texts that were written, one for each write. */
  readonly writes: string[] = []
  #rows: string[] = ['']
  #row = 0

  constructor(columns: number) {
    this.columns = columns
  }

  /** The rows of the screen, without trailing empty ones. */
  get rows(): readonly string[] {
    return this.#rows.slice(0, this.#rows.findLastIndex((row) => row !== '') + 1)
  }

  /** Changes the width as terminals do that show long rows in several rows. */
  resize(columns: number): void {
    this.columns = columns
    const parts = new RegExp(`.{1,${columns}}`, 'g')
    this.#rows = this.#rows.flatMap((row) => row.match(parts) ?? [''])
    this.#row = this.#rows.length - 1
  }

  readonly writeLine = (line: string): void => {
    this.writes.push(line)
    for (const part of `${line}\n`.split(MOVES)) this.#apply(part)
  }

  #apply(part: string): void {
    const [, up] = /\[(\d+)A$/.exec(part) ?? []
    if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up))
    else if (part.endsWith('[0J')) this.#rows.splice(this.#row, Infinity, '')
    else if (part === '\n') this.#newRow()
    else if (part !== '\r') this.#print(stripVTControlCharacters(part))
  }

  #print(text: string): void {
    for (const character of text) {
      if ((this.#rows[this.#row] ?? '').length === this.columns) this.#newRow()
      this.#rows[this.#row] += character
    }
  }

  #newRow(): void {
    this.#row++
    this.#rows[this.#row] ??= ''
  }
}
