import { flagClient } from '../../lib/flags'

export const dynamic = 'force-dynamic'

/** Answers 200 as soon as there are flags, and 503 before. */
export function GET(): Response {
  const client = flagClient()
  const { state } = client.status.current
  return Response.json(
    { state, availability: client.availability },
    { status: client.initialized() ? 200 : 503 },
  )
}
