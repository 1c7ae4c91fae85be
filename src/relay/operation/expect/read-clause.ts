/** One step of a path: to a member by its name, or to an element of a list. */
export type Step = { readonly type: 'member'; readonly name: string } | { readonly type: 'element' }

/** An assertion about a document: what is at the path is this value, or is there and is another one. */
export interface Clause {
  readonly type: 'clause'
  readonly path: readonly Step[]
  readonly operator: '=' | '!='
  readonly value: string
}

/** `malformed`: this is no clause at all. `unsupported`: it is one, and asks for what there is not. */
export interface NoClause {
  readonly type: 'malformed' | 'unsupported'
  readonly problem: string
}

const NAME = /[^.[=!<>~]+/y
const IN_QUOTES = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/sy
const ELEMENT = /\[(?:\d+|[^[\]"'=]+=[^\]]*)\]/y
const OPERATOR = /[=!<>~]+/y

/**
 * Reads `path=value` or `path!=value`. A path is names with dots between them; a name that holds a dot or an operator stands
 * in brackets and quotes, `environments["my.env"].status`, with a backslash before a quote in it.
 */
export function readClause(text: string): Clause | NoClause {
  const path: Step[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) return undefined
    at = pattern.lastIndex
    return match
  }
  for (;;) {
    const step = readStep(take)
    if (step) path.push(step)
    else if (text[at] === '[') return malformed('between [ and ] there must be a key in quotes')
    else return malformed(path.length === 0 ? 'a path must come first' : 'a name must follow the dot')
    if (text[at] === '.') at += 1
    else if (text[at] !== '[') break
  }
  const [operator] = take(OPERATOR) ?? []
  if (operator === undefined) return malformed('= or != must follow the path')
  if (operator !== '=' && operator !== '!=') {
    const problem = `operator ${JSON.stringify(operator)} is not supported; use "=" or "!="`
    return { type: 'unsupported', problem }
  }
  return { type: 'clause', path, operator, value: text.slice(at) }
}

function readStep(take: (pattern: RegExp) => RegExpExecArray | undefined): Step | undefined {
  const [name] = take(NAME) ?? []
  if (name !== undefined) return { type: 'member', name }
  const quoted = take(IN_QUOTES)
  if (quoted) return { type: 'member', name: (quoted[1] ?? quoted[2] ?? '').replaceAll(/\\(.)/gs, '$1') }
  return take(ELEMENT) && { type: 'element' }
}

function malformed(problem: string): NoClause {
  return { type: 'malformed', problem }
}
