import { ServiceError } from './service-error.ts'
import type { Session } from './session.ts'

/** How many closed clients go on answering. */
const REMEMBERED = 32

/** The clients under test, by number. */
export class Sessions {
  readonly #open = new Map<string, Session>()
  // The suite may ask a client once more after it had it closed, and takes a refusal for a failure.
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
