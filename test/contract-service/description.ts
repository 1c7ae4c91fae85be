import { readFileSync } from 'node:fs'

/** Declared capabilities. README.md explains the others. */
const CAPABILITIES = [
  'server-side',
  'strongly-typed',
  'server-side-polling',
  'fdv1-fallback',
  'polling-gzip',
  'flag-change-listeners',
  'flag-value-change-listeners',
  'instance-id',
  'tags',
  'wrapper',
  'all-flags-with-reasons',
  'all-flags-client-side-only',
  'all-flags-details-only-for-tracked-flags',
  'client-prereq-events',
  'evaluation-hooks',
  'hook-environment-id',
  'track-hooks',
  'migrations',
  'inline-context-all',
  'anonymous-redaction',
  'omit-anonymous-contexts',
  'event-sampling',
  'event-gzip',
  'optional-event-gzip',
  'service-endpoints',
  'big-segments',
  'retry-conformance-fdv1-streaming',
  'retry-conformance-fdv1-polling',
  'secure-mode-hash',
  'user-type',
  'http-proxy',
  'tls:verify-peer',
  'tls:skip-verify-peer',
  'tls:custom-ca',
  'persistent-data-store-redis',
  'persistent-data-store-dynamodb',
  'persistent-data-store-consul',
] as const

/** The description of the service and its capabilities. */
export function description(): object {
  const file = new URL('../../package.json', import.meta.url)
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string }
  return { name, clientVersion: version, capabilities: CAPABILITIES }
}
