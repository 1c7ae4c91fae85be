import type { Logger } from '../../src/index.ts'

/** Where lines go. */
export type Write = (line: string) => void

/** Everything the library says, under the name of the test that made it say so. */
export function taggedLogger(tag: string, write: Write): Logger {
  const at =
    (level: string): Write =>
    (message) =>
      write(`[${tag}] ${level}: ${message}`)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
