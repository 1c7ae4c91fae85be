import type { Reporter, TestModule } from 'vitest/node'

/** A vitest reporter: one line at the end of a run for each thing that was missing, and how to get it. */
export default class ReportMissing implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = new Map<string, { readonly remedy: string; tests: number }>()
    for (const module of modules) {
      for (const suite of module.children.allSuites()) {
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
  }
}
