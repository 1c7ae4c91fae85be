import { asyncWithLDProvider } from 'launchdarkly-react-client-sdk'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'

const { VITE_CLIENT_SIDE_ID = 'local', VITE_FLAGS_URL = 'http://127.0.0.1:8030' } = import.meta.env

const user = new URLSearchParams(location.search).get('user') ?? 'anonymous' // replace by the user of your session

// Resolves with flags, or after 2 s without: components then see undefined until the relay answers.
const FlagsProvider = await asyncWithLDProvider({
  clientSideID: VITE_CLIENT_SIDE_ID,
  context: { kind: 'user', key: user, anonymous: user === 'anonymous' },
  timeout: 2,
  options: {
    // The relay in place of the hosted service.
    baseUrl: VITE_FLAGS_URL,
    streamUrl: VITE_FLAGS_URL,
    eventsUrl: VITE_FLAGS_URL,
  },
})

const root = document.getElementById('root')
if (root !== null)
  createRoot(root).render(
    <FlagsProvider>
      <App />
    </FlagsProvider>,
  )
