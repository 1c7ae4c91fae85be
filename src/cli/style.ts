import { styleText } from 'node:util'
import type { CommandContext } from './command.ts'

type Mark = (text: string) => string

/** Functions that give a text a style on a terminal. In a pipe they return the text unchanged. */
export interface Style {
  readonly bold: Mark
  readonly dim: Mark
  readonly red: Mark
  readonly yellow: Mark
  readonly green: Mark
  readonly cyan: Mark
}

export const PLAIN: Style = styleWith((_, text) => text)

const COLOURED: Style = styleWith((name, text) => styleText(name, text, { validateStream: false }))

/** Returns the style for the output of a command: with colours if {@link usesColours}. */
export function styleOf(context: Pick<CommandContext, 'env' | 'isTerminal'>): Style {
  return usesColours(context) ? COLOURED : PLAIN
}

/**
 * Returns true if the output has colours: on a terminal, unless `TERM` is `dumb`. `NO_COLOR` turns colours off, and `FORCE_COLOR`, which
 * precedes it, turns them on, or off with `0` or `false`. Empty variables have no effect.
 */
function usesColours({ env, isTerminal }: Pick<CommandContext, 'env' | 'isTerminal'>): boolean {
  if (env.FORCE_COLOR) return !['0', 'false'].includes(env.FORCE_COLOR)
  if (env.NO_COLOR || env.TERM === 'dumb') return false
  return isTerminal
}

function styleWith(apply: (name: keyof Style, text: string) => string): Style {
  const mark =
    (name: keyof Style): Mark =>
    (text) =>
      apply(name, text)
  return {
    bold: mark('bold'),
    dim: mark('dim'),
    red: mark('red'),
    yellow: mark('yellow'),
    green: mark('green'),
    cyan: mark('cyan'),
  }
}
