/**
 * Tells whether an event has begun and not ended, by the shape of the lines alone: a comment begins nothing, a blank
 * line ends everything.
 */
export class EventProgress {
  #begun = false
  #line: 'start' | 'comment' | 'field' = 'start'
  #afterReturn = false

  get begun(): boolean {
    return this.#begun
  }

  feed(text: string): void {
    // Only what follows the last blank line can be unfinished; most of a burst need not be looked at.
    const tail = afterLastBlankLine(text)
    if (tail > 0) this.#restart()
    for (let index = tail; index < text.length; ) index = this.#read(text, index)
  }

  #restart(): void {
    this.#begun = false
    this.#line = 'start'
    this.#afterReturn = false
  }

  /** Reads to the end of a line, or of the text; answers where to go on. */
  #read(text: string, index: number): number {
    const first = text[index]
    const endsReturn = this.#afterReturn && first === '\n'
    this.#afterReturn = false
    if (endsReturn) return index + 1
    if (this.#line === 'start') {
      if (first === '\n' || first === '\r') this.#begun = false
      else {
        this.#line = first === ':' ? 'comment' : 'field'
        if (this.#line === 'field') this.#begun = true
      }
    }
    const end = text.slice(index).search(/[\r\n]/)
    if (end < 0) return text.length
    this.#line = 'start'
    this.#afterReturn = text[index + end] === '\r'
    return index + end + 1
  }
}

function afterLastBlankLine(text: string): number {
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((blank) => {
    const at = text.lastIndexOf(blank)
    return at < 0 ? 0 : at + blank.length
  })
  return Math.max(...ends)
}
