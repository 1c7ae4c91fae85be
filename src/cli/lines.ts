/** Wraps a text at spaces. Cuts words that are longer than a line. Keeps several spaces, which may make values differ. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line === undefined) line = word
    else if (line.length + 1 + word.length <= width) line = `${line} ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line ?? '']
}

function pieces(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word]
  const parts: string[] = []
  for (let at = 0; at < word.length; at += width) parts.push(word.slice(at, at + width))
  return parts
}
