'use client'

import { type LDContext, LDProvider } from 'launchdarkly-react-client-sdk'
import type { ReactNode } from 'react'

interface Props {
  /** The flags that the server has evaluated. The first rendering uses them, on the server and in the browser. */
  readonly bootstrap: Record<string, unknown>
  readonly context: LDContext
  readonly clientSideId: string
  readonly url: string
  readonly children: ReactNode
}

/** Flags in the browser: at once those of the server, and later changes by a stream. */
export function BrowserFlags({ bootstrap, context, clientSideId, url, children }: Props) {
  const endpoints = { baseUrl: url, streamUrl: url, eventsUrl: url } // remove for the hosted service
  return (
    <LDProvider clientSideID={clientSideId} context={context} options={{ bootstrap, ...endpoints }}>
      {children}
    </LDProvider>
  )
}
