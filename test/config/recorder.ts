import type { Logger } from '../../src/model/logger.ts'

/** A logger that keeps its warnings. */
export function recorder(): { readonly warnings: string[]; readonly logger: Logger } {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} }
  return { warnings, logger }
}
