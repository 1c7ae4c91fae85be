import { nodeVersionProblem } from './node-version.ts'

// The build makes this the first import of each entry point, so that it runs before any code that an old Node.js cannot run.
const problem = nodeVersionProblem(process.versions)
if (problem !== undefined) throw new Error(problem)
