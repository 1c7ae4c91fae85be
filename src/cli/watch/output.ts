import { type Clock, systemClock, type Undo } from '../../async/clock.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { printable } from '../../model/text.ts'
import type { CommandContext } from '../command.ts'
import { inTime } from '../inspect/format.ts'
import { wrapped } from '../lines.ts'
import { type Style, styleOf } from '../style.ts'
import {
  contentText,
  type DataEvent,
  STATE_STYLES,
  spanText,
  textOf,
  type WatchEvent,
  waitText,
} from './watch-event.ts'

/** The present state, for the last line of a terminal. */
export interface Present {
  readonly from: string
  readonly status: DataSourceStatus
  readonly content: Omit<DataEvent, 'type'>
}

export interface Output {
  readonly print: (event: WatchEvent) => void
  /** Prints the last state. Nothing may be printed afterwards. */
  readonly end: () => void
}

/** Returns an output with one JSON object in each line. */
export function jsonOutput({ stdout }: Pick<CommandContext, 'stdout'>): Output {
  return { print: (event) => stdout(printable(JSON.stringify(jsonOf(event)))), end() {} }
}

function jsonOf({ at, ...event }: WatchEvent): object {
  const time = inTime(at)
  if (event.type === 'change') {
    const { at: _, type: what, ...change } = event.change
    return { at: time, type: event.type, what, ...change }
  }
  if (event.type !== 'status') return { at: time, ...event }
  const { state, source, since, lastError, nextAttempt } = event.status
  return {
    at: time,
    type: event.type,
    state,
    ...(source !== undefined && { source }),
    since: inTime(since),
    ...(lastError && { lastError: { ...lastError, at: inTime(lastError.at) } }),
    ...(nextAttempt !== undefined && { nextAttempt: inTime(nextAttempt) }),
  }
}

/** Returns an output with one line for each event. */
export function lineOutput(context: CommandContext): Output {
  const style = styleOf(context)
  return {
    print(event) {
      const { label, style: name, text, details } = textOf(event)
      const all = [text, ...details].join('; ')
      context.stdout(`${inTime(event.at)}  ${style[name](label.padEnd(LABEL))}  ${oneLine(all)}`)
    },
    end() {},
  }
}

const LABEL = 8
const CLOCK = 8
/** Where the text of an event begins on a terminal, unless it is narrow. */
const INDENT = CLOCK + LABEL + 4
const NARROW = 50

/** Wraps a text, but not between a number and its unit. */
function together(text: string, width: number): readonly string[] {
  const lines = wrapped(text.replaceAll(/(\d) (s|min)\b/g, '$1\u00A0$2'), width)
  return lines.map((line) => line.replaceAll('\u00A0', ' '))
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ')
}

/** Control sequences of terminals. Terminals that do not know the first two ignore them. */
const BEGIN_UPDATE = '\u001B[?2026h'
const END_UPDATE = '\u001B[?2026l'
const ERASE_BELOW = '\u001B[0J'

const TICK_MS = 1_000

/**
 * Events on a terminal, with the present status in the last line. The line is erased and written again with each event and each
 * second, in one write, so that it does not flicker. The terminal has no other state that would have to be restored.
 */
export class ScreenOutput implements Output {
  readonly #context: CommandContext
  readonly #present: () => Present
  readonly #clock: Clock
  readonly #style: Style
  /** The length of the status line on the screen. */
  #shown = 0
  #last = ''
  #stopTicking: Undo = () => {}

  constructor(context: CommandContext, present: () => Present, clock: Clock = systemClock) {
    this.#context = context
    this.#present = present
    this.#clock = clock
    this.#style = styleOf(context)
    this.#tick()
  }

  readonly print = (event: WatchEvent): void => {
    this.#write(this.#eventLines(event))
  }

  readonly end = (): void => {
    this.#stopTicking()
    this.#write([])
  }

  #tick(): void {
    this.#stopTicking = this.#clock.after(TICK_MS, () => {
      if (this.#statusLine().text !== this.#last) this.#write([])
      this.#tick()
    })
  }

  #write(lines: readonly string[]): void {
    const { text, styled } = this.#statusLine()
    this.#context.stdout(`${BEGIN_UPDATE}${this.#erase()}${[...lines, styled].join('\n')}${END_UPDATE}`)
    this.#shown = text.length
    this.#last = text
  }

  /** Returns the control sequence that erases the status line and an echoed `^C` below it. */
  #erase(): string {
    if (this.#shown === 0) return ''
    // A terminal that became narrower shows the line in several rows.
    const rows = Math.ceil(this.#shown / Math.max(1, this.#context.columns()))
    return `\r\u001B[${rows}A${ERASE_BELOW}`
  }

  #eventLines(event: WatchEvent): readonly string[] {
    const { label, style: name, text, details } = textOf(event)
    const columns = this.#context.columns()
    const indent = columns < NARROW ? 2 : INDENT
    const style = this.#style
    const head = `${style.dim(timeOfDay(event.at))}  ${style[name](label.padEnd(LABEL))}`
    const lines = [text, ...details].flatMap((each, index) =>
      together(oneLine(each), Math.max(10, columns - indent - (index > 0 ? 2 : 0))).map(
        (part) => `${' '.repeat(indent + (index > 0 ? 2 : 0))}${part}`,
      ),
    )
    const [first = '', ...rest] = lines
    return indent === INDENT ? [`${head}  ${first.slice(INDENT)}`, ...rest] : [head, ...lines]
  }

  #statusLine(): { readonly text: string; readonly styled: string } {
    const { from, status, content } = this.#present()
    const { state, since, source, nextAttempt, ageMs, skipped } = status
    const now = this.#clock.now()
    const parts = [
      source === undefined ? '' : source,
      nextAttempt === undefined || state === 'valid' ? '' : `next attempt ${waitText(nextAttempt - now)}`,
      contentText(content),
      ageMs === undefined ? '' : `data age ${spanText(ageMs)}`,
      skipped === undefined ? '' : `${skipped} left out`,
      from,
    ].filter(Boolean)
    const head = `${state} for ${spanText(Math.max(0, now - since))}`
    const room = this.#context.columns() - 1
    while (parts.length > 0 && [head, ...parts].join(SEPARATOR).length > room) parts.pop()
    const shownHead = head.slice(0, room)
    const tail = parts.map((part) => SEPARATOR + printable(part)).join('')
    const styled = `${this.#style[STATE_STYLES[state]](shownHead)}${tail}`
    return { text: shownHead + tail, styled }
  }
}

const SEPARATOR = ' | '

/** Returns the local time of day, for example `09:05:59`. */
function timeOfDay(ms: number): string {
  const date = new Date(ms)
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}
