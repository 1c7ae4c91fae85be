import type { Logger } from '../../src/index.ts'

/** Receives a line. */
export type Write = (line: string) => void

/** Returns a logger that prefixes lines with the name of the test. */
export function taggedLogger(tag: string, write: Write): Logger {
  const at =
    (level: string): Write =>
    (message) =>
      write(`[${tag}] ${level}: ${message}`)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
