#!/usr/bin/env node
import { nodeVersionProblem } from '../config/node-version.ts'

// The commands are imported afterwards: an old Node.js cannot link them, and would report a missing export instead.
const problem = nodeVersionProblem(process.versions)
if (problem === undefined) await import('./commands.ts')
else {
  console.error(problem)
  process.exitCode = 1
}
