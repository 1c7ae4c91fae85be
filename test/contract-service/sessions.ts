import { ServiceError } from './service-error.ts'
import type { Session } from './session.ts'

/** Number of closed clients that still answer. */
const REMEMBERED = 32

/** The clients under test, by number. */
export class Sessions {
  readonly #open = new Map<string, Session>()
  // The suite may send a command to a client that it has closed, and treats an error as a failure.
  readonly #closed = new Map<string, Session>()
  #count = 0

  add(session: Session): string {
    const id = String(++this.#count)
    this.#open.set(id, session)
    return id
  }

  get(id: string): Session {
    const session = this.#open.get(id) ?? this.#closed.get(id)
    if (!session) throw new ServiceError(404, `there is no client ${id}`)
    return session
  }

  async close(id: string): Promise<void> {
    const session = this.get(id)
    this.#open.delete(id)
    this.#closed.set(id, session)
    const [oldest] = this.#closed.keys()
    if (this.#closed.size > REMEMBERED && oldest !== undefined) this.#closed.delete(oldest)
    await session.close()
  }

  async closeAll(): Promise<void> {
    await Promise.all(Array.from(this.#open.keys(), (id) => this.close(id)))
  }
}
