export interface JsonForm {
  /** The longest text, in characters. A longer one ends with `…`. */
  readonly maxLength: number
  /** Number of spaces for each level. Default 0: one line. */
  readonly indent?: number
}

/** Returns the JSON of a value, cut after a number of characters. Its cost depends on the limit, not on the value. Never throws. */
export function boundedJson(value: unknown, form: JsonForm): string {
  const writer = new BoundedWriter(form)
  writer.value(value, 0)
  return writer.text
}

/** Returns the first characters of a text, with `…` at the end if it was cut. Does not separate surrogates. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text
  const end = text.charCodeAt(maxLength - 1)
  const isHighSurrogate = end >= 0xd800 && end < 0xdc00
  return `${text.slice(0, isHighSurrogate ? maxLength - 1 : maxLength)}…`
}

class BoundedWriter {
  text = ''
  #isFull = false
  readonly #maxLength: number
  readonly #indent: number

  constructor({ maxLength, indent = 0 }: JsonForm) {
    this.#maxLength = maxLength
    this.#indent = indent
  }

  /** Each level adds a character, so the limit of the length also bounds the recursion. */
  value(value: unknown, level: number): void {
    if (Array.isArray(value)) this.#list(value.entries(), { level, brackets: '[]', named: false })
    else if (typeof value === 'object' && value !== null)
      this.#list(membersOf(value), { level, brackets: '{}', named: true })
    else this.#add(typeof value === 'string' ? this.#quoted(value) : String(value))
  }

  #list(members: Iterable<readonly [string | number, unknown]>, list: List): void {
    const [open = '', close = ''] = list.brackets
    this.#add(open)
    let count = 0
    for (const [name, member] of members) {
      if (this.#isFull) return
      if (count++ > 0) this.#add(',')
      this.#breakLine(list.level + 1)
      if (list.named) this.#add(`${this.#quoted(String(name))}:${this.#indent > 0 ? ' ' : ''}`)
      this.value(member, list.level + 1)
    }
    if (count > 0) this.#breakLine(list.level)
    this.#add(close)
  }

  #quoted(text: string): string {
    return JSON.stringify(text.length > this.#maxLength ? cut(text, this.#maxLength + 1) : text)
  }

  #breakLine(level: number): void {
    if (this.#indent > 0) this.#add(`\n${' '.repeat(level * this.#indent)}`)
  }

  #add(text: string): void {
    if (this.#isFull) return
    const whole = this.text + text
    this.#isFull = whole.length > this.#maxLength
    this.text = cut(whole, this.#maxLength)
  }
}

interface List {
  readonly level: number
  readonly brackets: string
  readonly named: boolean
}

/** Returns the own members, one at a time, because an object may have millions. */
function* membersOf(object: object): Generator<readonly [string, unknown]> {
  for (const name in object) {
    if (Object.hasOwn(object, name)) yield [name, (object as Readonly<Record<string, unknown>>)[name]]
  }
}
