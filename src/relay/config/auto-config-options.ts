import { headerNames, origins } from '../../options/header-forms.ts'
import type { OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'

export const AUTO_CONFIG: OptionSection = {
  title: 'AutoConfig',
  options: [
    {
      name: 'key',
      variable: 'AUTO_CONFIG_KEY',
      path: 'autoConfig.key',
      form: forms.credential,
      isRequired: true,
      description:
        'Automatic configuration key. LaunchDarkly then sends the environments, and the configuration must not list any.',
    },
    {
      name: 'envDatastorePrefix',
      variable: 'ENV_DATASTORE_PREFIX',
      path: 'autoConfig.prefix',
      form: forms.text,
      description:
        'Prefix of the rows of each environment in the database; `$CID` stands for the client-side ID of the environment. Required with a database, unless each environment has a table.',
    },
    {
      name: 'envDatastoreTableName',
      variable: 'ENV_DATASTORE_TABLE_NAME',
      path: 'autoConfig.tableName',
      form: forms.tableTemplate,
      description:
        'DynamoDB table of each environment; `$CID` stands for the client-side ID of the environment. Default: that of `[DynamoDB]`.',
    },
    {
      name: 'envAllowedOrigin',
      variable: 'ENV_ALLOWED_ORIGIN',
      path: 'autoConfig.allowedOrigins',
      form: origins,
      isList: true,
      description: '`allowedOrigin` of each environment.',
    },
    {
      name: 'envAllowedHeader',
      variable: 'ENV_ALLOWED_HEADER',
      path: 'autoConfig.allowedHeaders',
      form: headerNames,
      isList: true,
      description: '`allowedHeader` of each environment.',
    },
    {
      name: 'cacheKey',
      variable: 'AUTO_CONFIG_CACHE_KEY',
      path: 'autoConfig.cacheKey',
      form: forms.text,
      description:
        'Key in Redis or DynamoDB of an encrypted copy of the configuration, with which a restart works while LaunchDarkly cannot be reached. Without a database the copy is a file in `snapshotDirectory`, and needs no key. Default: no copy.',
    },
    {
      name: 'cacheTableName',
      variable: 'HALYARD_AUTO_CONFIG_CACHE_TABLE_NAME',
      path: 'autoConfig.cacheTableName',
      form: forms.table,
      description: 'DynamoDB table of the copy. Default: that of `[DynamoDB]`.',
    },
    {
      name: 'cacheEncryptionKey',
      variable: 'AUTO_CONFIG_CACHE_ENCRYPTION_KEY',
      path: 'autoConfig.cacheEncryptionKey',
      form: forms.secret,
      description:
        'Secret from which the key of the copy is derived. Default: the automatic configuration key.',
    },
  ],
  ignored: [],
}
