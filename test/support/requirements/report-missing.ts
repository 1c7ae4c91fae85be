import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * A vitest reporter that writes the last lines of a run: one for each missing requirement, with the instruction to install it, and then
 * the totals in plain text.
 */
export default class ReportMissing implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const skipped = new Map<string, { readonly remedy: string; tests: number }>()
    const totals = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    let errors = unhandled.length
    for (const module of modules) {
      for (const test of module.children.allTests()) totals[test.result().state]++
      errors += module.errors().length
      for (const suite of module.children.allSuites()) {
        errors += suite.errors().length
        const { lacks } = suite.meta()
        if (!lacks || suite.parent.type !== 'module') continue
        const entry = skipped.get(lacks.name) ?? { remedy: lacks.remedy, tests: 0 }
        entry.tests += [...suite.children.allTests()].length
        skipped.set(lacks.name, entry)
      }
    }
    for (const [name, { remedy, tests }] of skipped) {
      process.stdout.write(`Not tested: ${name} is missing, ${tests} tests skipped. ${remedy}\n`)
    }
    // A pending test was interrupted.
    const { passed, failed, pending } = totals
    const besides = errors > 0 ? `, errors outside tests: ${errors}` : ''
    process.stdout.write(
      `${passed} passed, ${failed + pending} failed, ${totals.skipped} skipped${besides}\n`,
    )
  }
}
