import { flagClient } from '../lib/flags'
import { Checkout } from './checkout'
import { BrowserFlags } from './flags-provider'

interface Props {
  readonly searchParams: Promise<{ readonly user?: string }>
}

/** A server component. It reads the query, so Next.js renders it for each request. */
export default async function Page({ searchParams }: Props) {
  const { user = 'anonymous' } = await searchParams // replace by the user of your session
  const context = { kind: 'user', key: user, anonymous: user === 'anonymous' }
  const client = flagClient()
  // Values only, of the flags that browsers may see: rules and other flags stay on the server.
  const state = await client.allFlagsState(context, { clientSideOnly: true })
  return (
    <main>
      <h1>{await client.stringVariation('greeting', context, 'Good day')}</h1>
      <BrowserFlags
        bootstrap={state.toJSON()}
        context={context}
        clientSideId={process.env.CLIENT_SIDE_ID ?? 'local'}
        url={process.env.FLAGS_URL ?? 'http://127.0.0.1:8765'}
      >
        <Checkout />
      </BrowserFlags>
    </main>
  )
}
