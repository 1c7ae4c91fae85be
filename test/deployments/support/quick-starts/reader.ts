import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parsePage, type Section, type Step } from './page.ts'
import { Terminal } from './terminal.ts'

export interface ReaderOptions {
  /** The address of the npm registry. */
  readonly registry: string
  /** Opens a URL in a browser, or looks at the last page again. Resolves when the page shows the text. */
  readonly look?: (text: string, url: string | undefined) => Promise<void>
}

/** Follows a quick start from an empty folder, exactly as it is printed. */
export class Reader {
  readonly #home = mkdtempSync(join(tmpdir(), 'halyard-quick-start-'))
  readonly sections: readonly Section[]
  readonly #options: ReaderOptions
  readonly #terminals = new Map<number, Terminal>()
  #variables: Readonly<Record<string, string>> = {}

  /** @param markdown The page, with ports that are free: see {@link withFreePorts}. */
  constructor(markdown: string, options: ReaderOptions) {
    this.sections = parsePage(markdown)
    this.#options = options
  }

  /** The folder of the first terminal, in which files are saved and further terminals are opened. */
  get folder(): string {
    return this.#terminals.get(0)?.folder ?? this.#home
  }

  /** Follows the section with this title. Rejects with the line of the page at which it is wrong. */
  async follow(title: string): Promise<void> {
    const section = this.sections.find((each) => each.title === title)
    if (section === undefined) throw new Error(`the page has no section ${title}`)
    for (const [index, step] of section.steps.entries()) {
      try {
        await this.#take(step)
        // A command whose output is not shown must end, without a failure.
        if (step.type === 'commands' && section.steps[index + 1]?.type !== 'output')
          await this.#terminal(step.terminal).finished()
      } catch (error) {
        throw new Error(`line ${step.line}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        })
      }
    }
  }

  /** Sets environment variables of the terminals, as an administrator of the machine may have done. */
  async set(variables: Readonly<Record<string, string>>): Promise<void> {
    this.#variables = { ...this.#variables, ...variables }
    const commands = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`)
    for (const terminal of this.#terminals.values()) await terminal.enter(commands)
  }

  /** Ends all processes of the terminals, and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.close()))
    rmSync(this.#home, { recursive: true, force: true })
  }

  async #take(step: Step): Promise<void> {
    switch (step.type) {
      case 'file':
        writeFileSync(join(this.folder, step.name), step.text)
        return
      case 'replace':
        this.#replace(step)
        return
      case 'commands':
        await this.#terminal(step.terminal).enter(step.commands)
        return
      case 'output':
        await this.#terminal(step.terminal).shows(step.text)
        return
      case 'interrupt':
        await this.#terminal(step.terminal).interrupt()
        return
      case 'look':
        if (this.#options.look === undefined) throw new Error('the test has no browser')
        await this.#options.look(step.text, step.url)
        return
    }
  }

  #replace({ file, from, to }: Extract<Step, { readonly type: 'replace' }>): void {
    const path = join(this.folder, file)
    const text = readFileSync(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file} must have ${from} exactly once`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
  }

  #terminal(index: number): Terminal {
    let terminal = this.#terminals.get(index)
    if (terminal === undefined) {
      const env = environment(this.folder, this.#options.registry)
      terminal = new Terminal({ folder: this.folder, env: { ...env, ...this.#variables } })
      this.#terminals.set(index, terminal)
    }
    return terminal
  }
}

/** Variables of npm, of the test runner, and those that would change what programs print. */
const NOT_INHERITED =
  /^(npm_.*|INIT_CWD|VITEST.*|TEST|DEV|PROD|MODE|BASE_URL|SSR|NODE_ENV|NODE_OPTIONS|CI|HALYARD_.*|FORCE_COLOR|NO_COLOR|PORT|https?_proxy|HTTPS?_PROXY)$/

/** Returns the environment of a terminal: that of this process, but with the programs of a reader. */
function environment(folder: string, registry: string): Readonly<Record<string, string>> {
  const { PATH = '' } = process.env
  const folders = PATH.split(delimiter).filter((path) => !path.includes('node_modules'))
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name))
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    PATH: [dirname(process.execPath), ...folders].join(delimiter),
    PWD: folder,
    npm_config_registry: registry,
    npm_config_audit: 'true',
    npm_config_fund: 'true',
    npm_config_update_notifier: 'false',
  }
}

/** Returns the page with other ports in place of those that are in use on this machine. */
export async function withFreePorts(markdown: string): Promise<string> {
  let page = markdown
  const ports = new Set(
    [...markdown.matchAll(/(?:127\.0\.0\.1|localhost):(\d{4,5})\b/g)].map((match) => Number(match[1])),
  )
  for (const port of ports) {
    if (await isFree(port)) continue
    const other = await freePort()
    page = page.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(other))
    const command = DEFAULT_PORTS.get(port)
    if (command)
      page = page.replaceAll(
        new RegExp(`^npx halyard ${command} (?!.*--port).*$`, 'gm'),
        `$& --port ${other}`,
      )
  }
  return page
}

/** The commands whose default port a page does not print. */
const DEFAULT_PORTS: ReadonlyMap<number, string> = new Map([
  [8030, 'relay'],
  [8765, 'dev'],
])

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
