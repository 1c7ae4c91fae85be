import { failurePlace } from './failure-place.ts'

/** What to do about a certificate that is not trusted, by the code Node gives the failure. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ...[
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_UNTRUSTED',
  ].map((code) => [code, 'to trust its authority, give that as tls.ca (in a relay: caCertFiles)'] as const),
  ...['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].map(
    (code) => [code, 'the server needs another one, or a clock is wrong'] as const,
  ),
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'].map(
    (code) => [code, 'check the host, or give the expected name as tls.servername'] as const,
  ),
  ...[
    'CERT_REVOKED',
    'CERT_REJECTED',
    'CERT_CHAIN_TOO_LONG',
    'CERT_SIGNATURE_FAILURE',
    'CRL_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_SIGNATURE_FAILURE',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_GET_CRL',
    // What Node has no name for, such as a key that is too weak.
    'UNSPECIFIED',
  ].map((code) => [code, 'the server needs another one'] as const),
])

/** Deeper than libraries wrap; a cause may be its own. */
const MAX_DEPTH = 8

/**
 * Returns what is wrong with the certificate, and where, if that is why a request failed: the failure itself, or what it was
 * caused by. Undefined for every other failure, a server that refuses *our* certificate included.
 */
export function certificateProblem(failure: unknown): string | undefined {
  const problem = problemOf(failure)
  const place = problem && failurePlace(failure)
  return place ? `${place.text}: ${problem}` : problem
}

function problemOf(failure: unknown, depth = 0): string | undefined {
  if (!(failure instanceof Error) || depth > MAX_DEPTH) return undefined
  const { code = '' } = failure as NodeJS.ErrnoException
  const advice = ADVICE.get(code)
  if (advice) return `the certificate is not trusted: ${certificateReason(failure)} (${code}); ${advice}`
  const within = failure instanceof AggregateError ? failure.errors : []
  for (const inner of [failure.cause, ...within]) {
    const problem = problemOf(inner, depth + 1)
    if (problem) return problem
  }
  return undefined
}

/** Returns the message of Node.js without its own advice, which says less than ours. */
function certificateReason({ message }: Error): string {
  return message.replace(/; if the root CA is installed locally, .*$/s, '').replace(/\.$/, '')
}
