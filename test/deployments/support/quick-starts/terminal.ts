import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

/** What the shell prints after each command: its exit code, and the current folder. */
const MARK = /⟪exit code (\d+), in (.*)⟫\n/

/** Time after which a command or an output counts as missing, in milliseconds. Installations on a busy machine are slow. */
const LIMIT_MS = 240_000
const POLL_MS = 25

export interface TerminalOptions {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

/** A shell in which a reader enters commands. Standard output and error are one text, as on a screen. */
export class Terminal {
  /** The current folder, after the last command that has ended. */
  folder: string
  readonly #shell: ChildProcessWithoutNullStreams
  #printed = ''
  #busy: string | undefined
  #interrupted = false

  constructor({ folder, env }: TerminalOptions) {
    this.folder = folder
    // A process group of its own, so that an interrupt reaches the commands, as Ctrl+C does. The shell itself ignores it.
    this.#shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, detached: true })
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = stripVTControlCharacters(this.#printed + text)
    })
    this.#shell.stdin.write('exec 2>&1; trap : INT\n')
  }

  /** Enters commands one after the other. Resolves when the last one was entered; it may still run. */
  async enter(commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      await this.finished()
      this.#printed = ''
      this.#busy = command
      this.#interrupted = false
      // The shell reads these lines from its own input, so a command gets another one.
      this.#shell.stdin.write(`{ ${command}\n} </dev/null\nprintf '⟪exit code %d, in %s⟫\\n' $? "$PWD"\n`)
    }
  }

  /** Resolves when no command runs. Rejects if one failed or does not end. */
  async finished(): Promise<void> {
    const command = this.#busy
    if (command === undefined) return
    await this.#until(() => MARK.test(this.#printed), `the end of: ${command}`)
    this.#busy = undefined
    const [, code, folder = ''] = MARK.exec(this.#printed) ?? []
    this.folder = folder
    this.#printed = this.#printed.replace(MARK, '')
    if (code !== '0' && !this.#interrupted) throw new Error(`${command}: exit code ${code}\n${this.#printed}`)
  }

  /**
   * Resolves when the text is what the terminal has printed since the last one, or since the last command. If the command has ended, it must
   * have printed nothing else.
   */
  async shows(expected: string): Promise<void> {
    const failure = `this output:\n${expected}\n`
    const [beginning, whole] = [new RegExp(patternOf(expected)), new RegExp(`${patternOf(expected)}\\s*$`)]
    const hasEnded = (): boolean => this.#busy === undefined || MARK.test(this.#printed)
    await this.#until(() => hasEnded() || beginning.test(this.#printed), failure)
    if (hasEnded()) await this.finished()
    const pattern = hasEnded() ? whole : beginning
    if (!pattern.test(this.#printed)) throw new Error(`expected ${failure}\nprinted was:\n${this.#printed}`)
    this.#printed = this.#printed.replace(pattern, '')
  }

  /** Sends the signal of Ctrl+C. Resolves when the command has ended. */
  async interrupt(): Promise<void> {
    if (this.#busy === undefined) throw new Error('Ctrl+C, but no command runs')
    this.#interrupted = true
    this.#signal('SIGINT')
    await this.finished()
  }

  /** Ends all processes of the terminal. */
  async close(): Promise<void> {
    const closed = once(this.#shell, 'close')
    this.#signal('SIGKILL')
    if (this.#shell.exitCode === null && this.#shell.signalCode === null) await closed
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, signal)
    } catch {
      // All processes have ended.
    }
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !holds(); waited += POLL_MS) {
      const hasEnded = this.#shell.exitCode !== null || this.#shell.signalCode !== null
      if (waited > LIMIT_MS || hasEnded) throw new Error(`missing ${what}\nprinted was:\n${this.#printed}`)
      await setTimeout(POLL_MS)
    }
  }
}

/** Returns the pattern of an output. `…` stands for anything in its line, and as a line for any lines; durations and times may differ. */
function patternOf(expected: string): string {
  const lines = expected.split('\n').map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?'
    const text = line
      .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      .replaceAll('…', '.*')
      .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:\\.]+Z/g, '[\\d-]+T[\\d:.]+Z')
      .replaceAll(/\b\d+(\\\.\d+)?( ?)(m?s)\b/g, '\\d+(?:\\.\\d+)?$2m?s')
    return `${text}[ \\t]*\\n`
  })
  return `^\\s*?${lines.join('')}`
}
