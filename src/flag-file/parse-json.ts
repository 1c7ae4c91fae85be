import { FlagFileError, placeOf } from './flag-file-error.ts'

/** The value of a JSON text. Throws a {@link FlagFileError} that says where the text stops being JSON. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const content = text.trimEnd()
    const offset = faultOffset(content)
    const reason =
      offset === content.length
        ? 'the file ends in the middle of its JSON'
        : `unexpected ${JSON.stringify(String.fromCodePoint(content.codePointAt(offset) ?? 0))} in JSON`
    throw new FlagFileError({ path, reason, ...placeOf(content, offset) }, { cause: error })
  }
}

/**
 * How much of a broken text could still have become JSON. The platform names the position of some faults
 * only, but it does tell a text cut short from a wrong one, and that is enough to search for the border.
 */
function faultOffset(text: string): number {
  let sound = 0
  let broken = text.length + 1
  while (broken - sound > 1) {
    const middle = (sound + broken) >>> 1
    if (couldGoOn(text.slice(0, middle))) sound = middle
    else broken = middle
  }
  return sound
}

function couldGoOn(prefix: string): boolean {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const { message } = error as SyntaxError
    const position = /at position (\d+)/.exec(message)?.[1]
    return position === undefined ? message.startsWith('Unexpected end') : Number(position) >= prefix.length
  }
}
