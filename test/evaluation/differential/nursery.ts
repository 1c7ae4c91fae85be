import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from '../../simulation/mutants.ts'
import type { Evaluate } from './ours.ts'

type PatternEngine = typeof import('../../../src/evaluation/pattern-engine.ts')

const ROOT = join(import.meta.dirname, '../../..')
/** Evaluation, and all it may import. */
const ROOMS = ['evaluation', 'model', 'async', 'selector'] as const

/** Copies of our evaluation, each with one mistake planted in it, so that planting touches nobody. */
export class Nursery {
  readonly #directory = mkdtempSync(join(tmpdir(), 'halyard-evaluation-'))
  #planted = 0

  constructor() {
    symlinkSync(join(ROOT, 'node_modules'), join(this.#directory, 'node_modules'))
    writeFileSync(join(this.#directory, 'package.json'), '{ "type": "module" }')
  }

  /**
   * Our evaluation with one mistake in it, or none.
   *
   * @throws {Error} when the text to be changed is not there exactly once: then it is the table that is wrong.
   */
  async plant(mutant: Mutant | undefined): Promise<Evaluate> {
    this.#planted += 1
    const copy = join(this.#directory, `${this.#planted}`)
    for (const room of ROOMS) cpSync(join(ROOT, 'src', room), join(copy, 'src', room), { recursive: true })
    if (mutant) change(join(copy, mutant.file), mutant)
    // Node's own loader, which takes the types away by itself, is many times faster than the test runner's.
    const load = createRequire(import.meta.url)
    const { loadPatternEngine } = load(join(copy, 'src/evaluation/pattern-engine.ts')) as PatternEngine
    await loadPatternEngine()
    return (load(join(copy, 'src/evaluation/evaluate.ts')) as { readonly evaluate: Evaluate }).evaluate
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function change(path: string, { name, file, from, to }: Mutant): void {
  const pieces = readFileSync(path, 'utf8').split(from)
  if (pieces.length !== 2) throw new Error(`${file} holds ${pieces.length - 1} times what "${name}" changes`)
  writeFileSync(path, pieces.join(to))
}
