import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest'
import { addLock, installedFile, versionOf } from './application.ts'
import { type Ended, run } from './runtime.ts'

/** The address that a server prints. */
export const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/

const EXAMPLES = join(import.meta.dirname, '../../../examples')

export interface StartOptions {
  /** Arguments in addition to those that the page prints. */
  readonly args?: string
  /** The folder of the program. Default: that of the example. */
  readonly cwd?: string
}

/** A program of an example that runs until it is stopped. */
export interface Program {
  /** Everything it has printed. */
  readonly output: () => string
  /** Resolves with the first match of a pattern in the output. Rejects if the program ends without it. */
  readonly seen: (pattern: RegExp) => Promise<string>
  /** Sends SIGTERM to the program that npm started. Resolves with the exit code, which npm takes from the program. */
  readonly stop: () => Promise<number | null>
  /** Sends a signal to all processes of the command. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Writes to the standard input, or ends it. */
  readonly write: (text?: string) => void
  readonly ended: Promise<number | null>
}

/** A copy of a folder of `examples`, outside of the project, whose packages are installed before the tests of the suite. */
export class Example {
  readonly folder: string
  readonly #readme: string
  readonly #env: Readonly<Record<string, string>>

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `halyard-example-${name}-`))
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }))
    cpSync(join(EXAMPLES, name), this.folder, { recursive: true })
    this.#readme = this.read('README.md')
    const { PATH = '', HOME = '' } = process.env
    const folders = PATH.split(delimiter).filter((path) => !path.includes('node_modules'))
    this.#env = {
      PATH: [dirname(process.execPath), ...folders].join(delimiter),
      HOME,
      NO_COLOR: '1',
      NEXT_TELEMETRY_DISABLED: '1',
    }
    beforeAll(() => this.#install())
  }

  /** The output that the page shows in its `text` block. */
  get shown(): string {
    return /^```text\n([\s\S]*?)\n```/m.exec(this.#readme)?.[1] ?? expect.fail('the page has no text block')
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  replace(file: string, from: string, to: string): void {
    const text = this.read(file)
    expect(text.split(from), `${from} in ${file}`).toHaveLength(2)
    writeFileSync(
      join(this.folder, file),
      text.replace(from, () => to),
    )
  }

  /** Runs a command of the page to its end. */
  run(command: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    this.#expectPrinted(command)
    return run('sh', ['-c', command], { cwd: this.folder, env: { ...this.#env, ...env } })
  }

  /** Starts a command of the page, which ends with the test at the latest. */
  start(
    command: string,
    env: Readonly<Record<string, string>> = {},
    { args = '', cwd = this.folder }: StartOptions = {},
  ): Program {
    this.#expectPrinted(command)
    const child = spawn('sh', ['-c', `exec ${command} ${args}`], {
      cwd,
      env: { ...this.#env, ...env },
      detached: true,
    })
    let printed = ''
    let isOver = false
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
      })
    const ended = once(child, 'close').then(([code]) => {
      isOver = true
      return code as number | null
    })
    // The group, because npm starts processes of its own.
    const signal = (name: NodeJS.Signals): void => {
      if (!isOver && child.pid !== undefined) process.kill(-child.pid, name)
    }
    onTestFinished(async () => {
      signal('SIGKILL')
      await ended
    })
    return {
      signal,
      ended,
      write: (text) => void (text === undefined ? child.stdin.end() : child.stdin.write(text)),
      output: () => printed,
      seen: async (pattern) => {
        const first = (): string | undefined => pattern.exec(printed)?.[0]
        await expect.poll(() => isOver || first() !== undefined).toBe(true)
        return first() ?? expect.fail(`${command} ended without ${pattern}: ${printed}`)
      },
      stop: () => {
        if (child.pid !== undefined) process.kill(programOf(child.pid), 'SIGTERM')
        return ended
      },
    }
  }

  /** Starts `npm run flags`, the flag server of the example. Returns its URL. */
  async startFlags(options = ''): Promise<{ readonly url: string; readonly program: Program }> {
    const program = this.start('npm run flags', {}, { args: `-- --port 0 ${options}` })
    return { url: await program.seen(ADDRESS), program }
  }

  /**
   * Enters the commands of the page's `console` blocks, at this address in place of port 3000, until they print what the page shows, and
   * makes the changes that the page describes between the blocks: "Replace `A` with `B` in `FILE`".
   */
  async followConsole(url: string): Promise<void> {
    const parts = this.#readme.matchAll(
      /^```console\n(?<block>[\s\S]*?)^```|Replace `(?<from>[^`]+)` with `(?<to>[^`]+)` in `(?<file>[^`]+)`/gm,
    )
    let count = 0
    for (const { groups: { block, from = '', to = '', file = '' } = {} } of parts) {
      if (block === undefined) this.replace(file, from, to)
      for (const [, command = '', shown = ''] of (block ?? '').matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
        count++
        const there = command.replace('http://127.0.0.1:3000', url)
        const env = { ...this.#env, FLAGS_URL: url }
        await expect
          .poll(async () => (await run('sh', ['-c', there], { cwd: this.folder, env })).out)
          .toBe(shown.trimEnd())
      }
    }
    expect(count).toBeGreaterThan(0)
  }

  /** Returns what the compiler reports for the example. */
  async typeErrors(): Promise<string> {
    const compiler = installedFile('typescript-7/bin/tsc')
    const { out } = await run(process.execPath, [compiler, '--noEmit', '-p', '.'], {
      cwd: this.folder,
      env: this.#env,
    })
    return out
  }

  /** Checks that the page prints the command, on a line of its own and perhaps with a comment. */
  #expectPrinted(command: string): void {
    const blocks = [...this.#readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text]) => text).join('')
    const lines = blocks.split('\n').map((line) => line.replace(/\s+#.*$/, ''))
    expect(lines, `the README of ${this.folder}`).toContain(command)
  }

  /** Runs `npm install`, with the packed Halyard and the versions of the lock in place of the ranges. */
  async #install(): Promise<void> {
    this.#expectPrinted('npm install')
    const manifest = JSON.parse(this.read('package.json')) as Record<string, Record<string, string>>
    for (const section of ['dependencies', 'devDependencies']) {
      for (const name of Object.keys(manifest[section] ?? {}))
        Object.assign(manifest[section] ?? {}, {
          [name]: name === 'halyard' ? inject('tarball') : versionOf(name),
        })
    }
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(manifest))
    addLock(this.folder)
    const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--silent']
    await promisify(execFile)('npm', ['install', ...flags], { cwd: this.folder })
  }
}

/** Returns the process that a script of npm started: npm starts a shell, and the shell the program. npm forwards signals to the shell only. */
function programOf(npm: number): number {
  const rows = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).trim().split('\n')
  const children = new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]))
  const shell = children.get(npm) ?? npm
  return children.get(shell) ?? shell
}
