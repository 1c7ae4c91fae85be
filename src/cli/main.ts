#!/usr/bin/env node
import { constants } from 'node:os'
import { text } from 'node:stream/consumers'
import { nodeVersionProblem } from '../config/node-version.ts'

// The other modules are imported afterwards: an old Node.js cannot link them, and would report a missing export instead.
const problem = nodeVersionProblem(process.versions)
if (problem === undefined) {
  const { enableCodeCache, limitStartMemory, saveCodeCache, terminalColumns } = await import(
    './process-start.ts'
  )
  enableCodeCache(process.env)
  const endMemoryLimit = limitStartMemory()
  // The bundler would drop an import without a name, because the package declares no side effects.
  const { run, StopRequest } = await import('./commands.ts')
  // A closed output must not stop a relay.
  const closed = new AbortController()
  process.stdout.on('error', () => closed.abort())
  process.stderr.on('error', () => {})
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // A second signal ends the process at once.
      if (stopping.signal.aborted) process.exit(128 + constants.signals[name])
      stopping.abort(new StopRequest(name))
    })
  }
  run(process.argv.slice(2), {
    env: process.env,
    stdout: (line) => console.info(line),
    stderr: (line) => console.error(line),
    stdin: () => text(process.stdin),
    isTerminal: process.stdout.isTTY,
    columns: () => terminalColumns(process.stdout),
    onStarted() {
      endMemoryLimit()
      saveCodeCache()
    },
    signal: stopping.signal,
    outputClosed: closed.signal,
  }).then(
    (exitCode) => {
      process.exitCode = exitCode
    },
    (error: unknown) => {
      console.error(error)
      process.exitCode = 1
    },
  )
} else {
  console.error(problem)
  process.exitCode = 1
}
