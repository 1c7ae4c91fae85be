import type { Held } from '../model/change-set.ts'
import type { SourceError } from '../model/source-result.ts'
import { ACCEPT_HEADER, type EventName } from '../protocol/events.ts'
import type { HttpHeaders } from '../transport/transport.ts'

const PATCH: EventName = 'patch-object'

/** Asks for patches where it can be seen what they apply to: at the basis, or what the same connection brings first (D19). */
export function askingForPatches(held: Held | undefined): HttpHeaders {
  return held ? { [ACCEPT_HEADER]: PATCH } : {}
}

/** Whether an error means that the server builds upon something else than what is held: only everything helps (D19). */
export function refutesBasis({ event }: SourceError): boolean {
  return event === PATCH
}
