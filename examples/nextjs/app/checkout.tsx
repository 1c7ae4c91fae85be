'use client'

import { useFlags } from 'launchdarkly-react-client-sdk'

/** A client component: it shows changes of the flag without a reload. */
export function Checkout() {
  const { newCheckout } = useFlags()
  return <p>{newCheckout ? 'the new checkout' : 'the old checkout'}</p>
}
