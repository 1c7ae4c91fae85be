import type { Logger } from '../../src/model/logger.ts'

/** Returns a logger that records its warnings. */
export function recorder(): { readonly warnings: string[]; readonly logger: Logger } {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} }
  return { warnings, logger }
}
