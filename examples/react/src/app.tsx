import { useFlags } from 'launchdarkly-react-client-sdk'

/** Shows changes of the flag without a reload. */
export function App() {
  const { newCheckout = false } = useFlags()
  return <p>{newCheckout ? 'the new checkout' : 'the old checkout'}</p>
}
