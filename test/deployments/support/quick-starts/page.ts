/** What a reader does at one place of a page. `line` is the number of the line in the page. */
export type Step = { readonly line: number } & Action

type Action =
  | { readonly type: 'file'; readonly name: string; readonly text: string }
  | { readonly type: 'commands'; readonly terminal: number; readonly commands: readonly string[] }
  | { readonly type: 'output'; readonly terminal: number; readonly text: string }
  | { readonly type: 'interrupt'; readonly terminal: number }
  | { readonly type: 'replace'; readonly file: string; readonly from: string; readonly to: string }
  | { readonly type: 'look'; readonly url: string | undefined; readonly text: string }

/** A part of a page below a heading of the second level. */
export interface Section {
  readonly title: string
  readonly steps: readonly Step[]
}

/**
 * Parses a quick start. The conventions are visible to a reader:
 *
 * - A paragraph with "Save this as `NAME`" is followed by the content of that file.
 * - A block of the language `sh` has commands, and a block of the language `text` has what a terminal prints then.
 * - "the first terminal", "a second terminal" in the paragraph before a block selects the terminal; otherwise the last one is used.
 * - "press Ctrl+C in the first terminal", "replace `A` with `B` in `FILE`", "open URL: the page shows `TEXT`" and "the page shows
 *   `TEXT`" are actions.
 *
 * Throws if a block is of none of these kinds, because no test would run it.
 */
export function parsePage(markdown: string): readonly Section[] {
  const sections: { title: string; steps: Step[] }[] = []
  let terminal = 0
  let paragraph: string[] = []
  const lines = markdown.split('\n')

  const add = (line: number, action: Action): void => {
    const section = sections.at(-1)
    if (section === undefined) throw new Error(`line ${line}: a block before the first section`)
    section.steps.push({ line, ...action })
  }
  const endParagraph = (line: number): string => {
    const text = paragraph.join(' ')
    paragraph = []
    for (const action of actionsIn(text, terminal)) add(line, action)
    return text
  }

  let before = ''
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] as string
    const line = index + 1
    if (text.startsWith('```')) {
      before = endParagraph(line) || before
      const end = lines.indexOf('```', index + 1)
      if (end < 0) throw new Error(`line ${line}: the block has no end`)
      const content = lines.slice(index + 1, end)
      terminal = terminalIn(before) ?? terminal
      add(line, blockOf({ language: text.slice(3), before, content, terminal, line }))
      before = ''
      index = end
    } else if (text.startsWith('## ')) {
      endParagraph(line)
      sections.push({ title: text.slice(3), steps: [] })
    } else if (text === '') {
      before = endParagraph(line) || before
    } else {
      before = ''
      paragraph.push(text)
    }
  }
  endParagraph(lines.length)
  return sections
}

interface Block {
  readonly language: string
  /** The paragraph above the block. */
  readonly before: string
  readonly content: readonly string[]
  readonly terminal: number
  readonly line: number
}

function blockOf({ language, before, content, terminal, line }: Block): Action {
  if (language === 'sh') return { type: 'commands', terminal, commands: commandsOf(content) }
  if (language === 'text') return { type: 'output', terminal, text: content.join('\n') }
  const name = /\b[Ss]ave this as `([^`]+)`/.exec(before)?.[1]
  if (name === undefined)
    throw new Error(`line ${line}: the paragraph above the block must have: Save this as \`NAME\``)
  return { type: 'file', name, text: `${content.join('\n')}\n` }
}

/** Returns the commands of a block; a command continues after a backslash at the end of a line. */
function commandsOf(content: readonly string[]): readonly string[] {
  return content
    .join('\n')
    .split(/(?<!\\)\n/)
    .filter((command) => command !== '')
}

const TERMINALS = ['first', 'second', 'third']

function terminalIn(text: string): number | undefined {
  const name = [...text.matchAll(/\b(first|second|third) terminal\b/g)].at(-1)?.[1]
  return name === undefined ? undefined : TERMINALS.indexOf(name)
}

function* actionsIn(text: string, terminal: number): Generator<Action> {
  const matches = text.matchAll(
    /press Ctrl\+C(?: in the (?<in>first|second|third) terminal)?|replace `(?<from>[^`]+)` with `(?<to>[^`]+)` in `(?<file>[^`]+)`|(?:open <(?<url>[^>]+)>: )?the page shows `(?<shown>[^`]+)`/gi,
  )
  for (const { groups = {} } of matches) {
    const { from, to, file, url, shown } = groups
    if (from !== undefined && to !== undefined && file !== undefined)
      yield { type: 'replace', file, from, to }
    else if (shown !== undefined) yield { type: 'look', url, text: shown }
    else
      yield { type: 'interrupt', terminal: groups.in === undefined ? terminal : TERMINALS.indexOf(groups.in) }
  }
}
