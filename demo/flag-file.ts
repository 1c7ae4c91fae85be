import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateEnvironment } from '../fixtures/environments/generate.ts'

/** A flag file with a realistic environment that can be edited. */
export class FlagFile {
  readonly #directory = mkdtempSync(join(tmpdir(), 'halyard-demo-'))
  readonly path: string = join(this.#directory, 'flags.json')
  readonly #environment = generateEnvironment({ flags: 1_000, segments: 50 })
  readonly #keys = Object.keys(this.#environment.flags)
  #edits = 0

  constructor() {
    this.#save()
  }

  get counts(): { readonly flags: number; readonly segments: number } {
    return { flags: this.#keys.length, segments: Object.keys(this.#environment.segments).length }
  }

  /** Toggles a flag, saves the file, and returns the key of the flag. */
  edit(): string {
    const key = this.#keys[(this.#edits++ * 97 + 13) % this.#keys.length] as string
    const flag = this.#environment.flags[key] as { on?: boolean }
    flag.on = !flag.on
    this.#save()
    return key
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #save(): void {
    writeFileSync(this.path, JSON.stringify(this.#environment, null, 1))
  }
}
