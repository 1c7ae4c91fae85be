import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { endWithTest } from '../support/child.ts'
import { type Installation, installPackage } from '../support/installation.ts'

const root = join(import.meta.dirname, '../..')

/** Environment variables of a process. Only `PATH` is inherited from the test. */
export type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly output: string
  /** Standard error. */
  readonly errors: string
}

/** A started program. */
export interface Running {
  /** Resolves when this text was printed; rejects if the program ends without it. */
  seen(text: string): Promise<void>
  /** The output so far. */
  readonly output: string
  stop(): void
  readonly ended: Promise<Ended>
}

/** A directory in which the package and its optional packages are installed, as for a user. */
export class Application {
  readonly #installation: Installation

  constructor(peers: readonly string[]) {
    this.#installation = installPackage(['@types/node'])
    // Peers are installed beside the package, where the application and the package find them.
    for (const peer of peers) {
      const place = join(this.directory, '../node_modules', peer)
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(join(root, 'node_modules', peer), place)
    }
    this.write('package.json', '{ "type": "module" }')
  }

  get directory(): string {
    return this.#installation.directory
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text)
  }

  /** Copies a file of this tree. Returns the new path. */
  copy(path: string, name: string): string {
    const place = join(this.directory, name)
    cpSync(join(root, path), place)
    return place
  }

  /** Copies an example, with waits of ten minutes instead of seconds, because the machine may be busy. */
  copyExample(path: string): void {
    const text = readFileSync(join(root, path), 'utf8')
    const copy = text
      .replace(/\btimeoutMs: [\d_]+/, 'timeoutMs: 600_000')
      .replace(/\btimeout: \d+/, 'timeout: 600')
    this.write(basename(path), copy)
  }

  /** Starts a program, which ends with the test at the latest. */
  start(name: string, environment: Environment = {}): Running {
    const { PATH = '' } = process.env
    const child = endWithTest(
      spawn(process.execPath, [name], {
        cwd: this.directory,
        // A proxy that refuses all connections: no example may send events to the hosted service.
        env: { PATH, HOME: this.directory, HTTPS_PROXY: 'http://127.0.0.1:1', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    let output = ''
    let errors = ''
    const over = new AbortController()
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    const ended = once(child, 'close').then(([code]): Ended => {
      over.abort(new Error(`${name} ended with ${code}\n${output}${errors}`))
      return { code: code as number | null, output, errors }
    })
    return {
      seen: async (text) => {
        while (!output.includes(text)) {
          over.signal.throwIfAborted()
          await once(child.stdout, 'data', over).catch(() => over.signal.throwIfAborted())
        }
      },
      get output() {
        return output
      },
      stop: () => void child.kill('SIGTERM'),
      ended,
    }
  }

  /** Runs a program to its end. */
  run(name: string, environment: Environment = {}): Promise<Ended> {
    return this.start(name, environment).ended
  }

  /** Returns the errors of the compiler, with all strict options. */
  async typeErrors(): Promise<string> {
    const compilerOptions = {
      target: 'es2024',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      skipLibCheck: true,
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', this.directory]).catch(
      (failure: { readonly stdout: string }) => failure,
    )
    return stdout
  }

  remove(): void {
    this.#installation.remove()
  }
}
