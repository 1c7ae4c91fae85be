import { createRequire } from 'node:module'
import { ConfigError } from '../../model/errors.ts'

/** The AWS SDK for DynamoDB. */
export type Aws = typeof import('@aws-sdk/client-dynamodb')

const PACKAGE = '@aws-sdk/client-dynamodb'

/** Loads the SDK: who uses no DynamoDB need not have it. Throws a {@link ConfigError} where it is not installed. */
export function loadAws(load: (name: string) => unknown = createRequire(import.meta.url)): Aws {
  try {
    return load(PACKAGE) as Aws
  } catch (cause) {
    // A package the SDK itself misses is another matter.
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== 'MODULE_NOT_FOUND' || !message.includes(`'${PACKAGE}'`)) throw cause
    const expected = `the package ${PACKAGE} to be installed (npm install ${PACKAGE})`
    throw new ConfigError([{ path: 'dynamodbStore', expected, received: 'no such package' }])
  }
}
