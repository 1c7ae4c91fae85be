import type { ServiceOutputTypes } from '@aws-sdk/client-dynamodb'
import { StoreError } from '../../model/errors.ts'
import { describeNetworkFailure, isNetworkFailure } from '../../transport/network-failure.ts'

export interface TableLocation {
  readonly tableName: string
  readonly region?: string | undefined
  /** Host and port, if the client does not connect to AWS. */
  readonly endpoint?: string | undefined
}

/**
 * A {@link StoreError} with the name of the AWS error. The error of the SDK is not its `cause`, because it holds the
 * request with credentials.
 */
class DynamodbError extends StoreError {
  /** Name of the AWS error, for example `ThrottlingException`; `Error` if there was no response. */
  readonly reason: string

  constructor(kind: StoreError['kind'], message: string, { reason, why }: { reason: string; why: string }) {
    super(kind, message, { cause: new Error(why) })
    this.reason = reason
  }
}

export const EXPECTED_TABLE =
  'Halyard needs a table with the partition key "namespace" (string) and the sort key "key" (string)'

const THROTTLES: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
])

const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['ResourceNotFoundException', EXPECTED_TABLE],
  [
    'AccessDeniedException',
    'grant GetItem, Query, for writers PutItem, UpdateItem and BatchWriteItem, and for relays with big segments ConditionCheckItem',
  ],
  ['ExpiredTokenException', 'the AWS credentials have expired'],
  ['ExpiredToken', 'the AWS credentials have expired'],
  ['UnrecognizedClientException', 'AWS does not know these credentials'],
  ['InvalidSignatureException', 'check the secret access key and the clock'],
  ['MissingAuthenticationTokenException', 'provide AWS credentials'],
  ['CredentialsProviderError', 'provide AWS credentials'],
  ['ValidationException', EXPECTED_TABLE],
])

export function describeLocation({ tableName, region, endpoint }: TableLocation): string {
  const where = [region && `in ${region}`, endpoint && `at ${endpoint}`].filter(Boolean).join(' ')
  return `table "${tableName}"${where && ` ${where}`}`
}

/**
 * Returns a failure as a {@link StoreError}. Repeats only the first line of a response, because the rest may contain
 * the request.
 */
export function toDynamodbError(error: unknown, operation: string, place: TableLocation): StoreError {
  if (error instanceof StoreError) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const hint = message === 'Region is missing' ? 'set clientOptions.region or AWS_REGION' : REFUSALS.get(name)
  const kind = hint === undefined ? 'unavailable' : 'refused'
  const why = [describe(error), hint].filter(Boolean).join('; ')
  return new DynamodbError(kind, `${operation} on DynamoDB ${describeLocation(place)}: ${why}`, {
    reason: name,
    why,
  })
}

export function isConditionFailed(error: unknown): boolean {
  return reasonOf(error) === 'ConditionalCheckFailedException'
}

export function isThrottled(error: unknown): boolean {
  return THROTTLES.has(reasonOf(error))
}

export function isDenied(error: unknown): boolean {
  return reasonOf(error) === 'AccessDeniedException'
}

function reasonOf(error: unknown): string {
  return error instanceof DynamodbError ? error.reason : ''
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isNetworkFailure(error)) return describeNetworkFailure(error)
  const [line = ''] = error.message.split('\n')
  const { code, $metadata } = error as NodeJS.ErrnoException & Partial<Pick<ServiceOutputTypes, '$metadata'>>
  if (error.name === 'Unknown' || error.name === 'SyntaxError') {
    return `the server responded with ${$metadata?.httpStatusCode}, which is not a response of DynamoDB`
  }
  const name = error.name === 'Error' ? '' : error.name
  // A connection attempt that failed on all addresses has a code and no message.
  return [name, line, typeof code === 'string' && !line.includes(code) ? code : ''].filter(Boolean).join(': ')
}
