import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}

export interface Diagnostic {
  readonly range: { readonly start: { readonly line: number; readonly character: number } }
  readonly message: string
}

/** What an editor does with the YAML language server: it opens a file, receives its problems, and asks for a hover text. */
export class LanguageClient {
  readonly #server: ChildProcess
  readonly #answers = new Map<number, (result: unknown) => void>()
  readonly #diagnostics: ((found: readonly Diagnostic[]) => void)[] = []
  #received = Buffer.alloc(0)
  #requests = 0

  /** @param program the path of `yaml-language-server`. */
  constructor(program: string) {
    this.#server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#server.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk))
  }

  /** Opens a file of a folder. Resolves with its problems. */
  async open(folder: string, uri: string, text: string): Promise<readonly Diagnostic[]> {
    const workspaceFolders = [{ uri: folder, name: 'application' }]
    await this.request('initialize', {
      processId: process.pid,
      rootUri: folder,
      workspaceFolders,
      capabilities: { workspace: { configuration: true } },
    })
    this.#send({ method: 'initialized', params: {} })
    const found = new Promise<readonly Diagnostic[]>((resolve) => this.#diagnostics.push(resolve))
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    })
    return found
  }

  request(method: string, params: unknown): Promise<unknown> {
    this.#requests += 1
    const id = this.#requests
    this.#send({ id, method, params })
    return new Promise((resolve) => this.#answers.set(id, resolve))
  }

  async close(): Promise<void> {
    const exit = once(this.#server, 'exit')
    this.#server.kill()
    await exit
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    this.#server.stdin?.write(`Content-Length: ${body.length}\r\n\r\n`)
    this.#server.stdin?.write(body)
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, end))?.[1])
      if (end < 0 || this.#received.length < end + 4 + length) return
      const body = this.#received.toString('utf8', end + 4, end + 4 + length)
      this.#received = this.#received.subarray(end + 4 + length)
      this.#handle(JSON.parse(body) as Message)
    }
  }

  #handle({ id, method, params, result }: Message): void {
    if (method === 'textDocument/publishDiagnostics') {
      this.#diagnostics.shift()?.((params as { readonly diagnostics: readonly Diagnostic[] }).diagnostics)
    } else if (method !== undefined && id !== undefined) {
      // The server asks for its configuration. Without the store of schemas it sends no request to the Internet.
      const { items = [] } = (params ?? {}) as { readonly items?: readonly { readonly section?: string }[] }
      const yaml = { validate: true, hover: true, schemaStore: { enable: false } }
      this.#send({ id, result: items.map(({ section }) => (section === 'yaml' ? yaml : {})) })
    } else if (id !== undefined) this.#answers.get(id)?.(result)
  }
}
