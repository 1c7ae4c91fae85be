import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What the simulation says of a tree, mutated or not. */
export interface Verdict {
  readonly code: number
  readonly output: string
}

/** A copy of the tree to run simulations in, so that planting a mistake touches nobody. */
export class Nursery {
  readonly #directory = mkdtempSync(join(tmpdir(), 'halyard-mutants-'))

  constructor() {
    for (const part of ['src', 'scripts', 'package.json'])
      cpSync(join(ROOT, part), join(this.#directory, part), { recursive: true })
    cpSync(import.meta.dirname, join(this.#directory, 'test/simulation'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(this.#directory, 'node_modules'))
  }

  /**
   * Simulates with one mistake planted, or none, then takes it out again.
   *
   * @throws {Error} when the text to be changed is not there exactly once: then it is the table that is wrong.
   */
  async simulate(mutant: Mutant | undefined, seeds: number): Promise<Verdict> {
    if (!mutant) return this.#run(seeds)
    const path = join(this.#directory, mutant.file)
    const text = readFileSync(path, 'utf8')
    const pieces = text.split(mutant.from)
    if (pieces.length !== 2)
      throw new Error(`${mutant.file} holds ${pieces.length - 1} times what "${mutant.name}" changes`)
    writeFileSync(path, pieces.join(mutant.to))
    try {
      return await this.#run(seeds)
    } finally {
      writeFileSync(path, text)
    }
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #run(seeds: number): Promise<Verdict> {
    const args = ['scripts/simulate.ts', '--seeds', `${seeds}`]
    // A mutant may make it spin. No run takes long, so that the limit says nothing about a busy machine.
    const options = { cwd: this.#directory, timeout: 240_000, killSignal: 'SIGKILL' } as const
    return new Promise((resolve) => {
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 137) : 0, output: stdout + stderr })
      })
    })
  }
}
