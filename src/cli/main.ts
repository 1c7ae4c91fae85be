#!/usr/bin/env node
import { nodeVersionProblem } from '../config/node-version.ts'

// The commands are imported afterwards: an old Node.js cannot link them, and would report a missing export instead.
const problem = nodeVersionProblem(process.versions)
if (problem === undefined) {
  // An import without a name would be dropped from the package, which declares that it has no side effects.
  const { run } = await import('./commands.ts')
  run(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
} else {
  console.error(problem)
  process.exitCode = 1
}
