import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** A program of `programs`, in the folder of its packages. */
export interface Program {
  readonly name: string
  readonly folder: string
  /** Name of the file, without its extension. */
  readonly file: string
  /** Variables for the program, whose names begin with `BENCH_`. */
  readonly variables?: Readonly<Record<string, string>>
}

/** The costs of a whole process. */
export interface ProcessCost {
  /** Milliseconds from `spawn` until the parent has the first value. */
  readonly wallMs: number
  /** Processor time of all threads until then, in milliseconds. */
  readonly cpuMs: number
  /** Peak of the resident memory, in bytes. */
  readonly peakBytes: number
  /** Milliseconds of the import alone. */
  readonly importMs: number
  /** Files that the import loads. */
  readonly modules: number
}

/** Longest time of a process, in milliseconds. */
const LIMIT_MS = 120_000

/** Runs a program in a process of its own; rejects if it prints no value. */
export function runProgram({ name, folder, file, variables }: Program): Promise<ProcessCost> {
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const child = spawn(process.execPath, [join(folder, 'programs', `${file}.js`)], {
      cwd: folder,
      // Nothing else of this process's environment, so that proxies and options of Node.js have no effect.
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    })
    let wallMs = Number.NaN
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (output === '') wallMs = performance.now() - begun
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0 && output !== '') {
        return resolve({ importMs: Number.NaN, modules: Number.NaN, ...JSON.parse(output), wallMs })
      }
      const reason = errors.split('\n').find((line) => line.includes('Error')) ?? ''
      reject(new Error(`${name} ended with ${signal ?? code} and no value ${reason}`.trim()))
    })
  })
}
