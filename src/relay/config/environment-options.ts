import { headerNames, origins } from '../../options/header-forms.ts'
import { keyList } from '../../options/key-list.ts'
import type { OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'
import { FILES } from './file-options.ts'

/** The options of each environment. The name of the environment follows the names of variables listed here. */
export const ENVIRONMENT: OptionSection = {
  title: 'Environment',
  options: [
    {
      name: 'sdkKey',
      variable: 'LD_ENV_',
      path: 'sdkKey',
      form: forms.sdkKey,
      isRequired: true,
      reload: 'at once',
      description:
        'SDK key of the environment, for requests to LaunchDarkly and from clients. Every environment has its own.',
    },
    {
      name: 'moreSdkKeys',
      variable: 'HALYARD_MORE_SDK_KEYS_',
      path: 'moreSdkKeys',
      form: keyList,
      isList: true,
      reload: 'at once',
      description:
        'Further SDK keys that clients may use, each as `KEY` or `KEY until 2026-12-31T12:00:00Z`: several lines in a file, separated by commas in a variable, objects `{ value, until }` in a program. After its end date a key is unknown, and its streams end.',
    },
    {
      name: 'prefix',
      variable: 'LD_PREFIX_',
      path: 'prefix',
      form: forms.text,
      description:
        'Prefix of the rows of the environment in the database. Required with a database, unless the environment has a table of its own.',
    },
    {
      name: 'tableName',
      variable: 'LD_TABLE_NAME_',
      path: 'tableName',
      form: forms.table,
      description: 'DynamoDB table of the environment. Default: that of `[DynamoDB]`.',
    },
    {
      name: 'ttl',
      variable: 'LD_TTL_',
      path: 'ttlMs',
      form: forms.duration,
      reload: 'at once',
      description:
        'Time for which HTTP caches may keep the responses of `/sdk/flags` and below. Default: they may not. A shared cache must respect `Vary: Authorization`, or have the header in its cache key, because the SDK key decides which flags are sent.',
    },
    {
      name: 'logLevel',
      variable: 'LD_LOG_LEVEL_',
      path: 'logLevel',
      form: forms.logLevel,
      description: 'Lowest level that is logged for the environment. Default: that of `[Main]`.',
    },
    {
      name: 'mobileKey',
      variable: 'LD_MOBILE_KEY_',
      path: 'mobileKey',
      form: forms.credential,
      reload: 'at once',
      description:
        'Mobile key of the environment, for requests of mobile SDKs. Default: they are answered 401.',
    },
    {
      name: 'moreMobileKeys',
      variable: 'HALYARD_MORE_MOBILE_KEYS_',
      path: 'moreMobileKeys',
      form: keyList,
      isList: true,
      reload: 'at once',
      description: 'Further mobile keys that clients may use, in the form of `moreSdkKeys`.',
    },
    {
      name: 'envId',
      variable: 'LD_CLIENT_SIDE_ID_',
      path: 'envId',
      form: forms.text,
      reload: 'at once',
      description:
        'Client-side ID of the environment, with which browsers select it. Without it, `/status` shows the ID that LaunchDarkly sends, and browsers are answered 404.',
    },
    {
      name: 'allowedOrigin',
      variable: 'LD_ALLOWED_ORIGIN_',
      path: 'allowedOrigins',
      form: origins,
      isList: true,
      reload: 'at once',
      description:
        'Origins of the web pages that may read the answers for browsers, such as `https://example.com`. In a variable they are separated by commas, in a file there is one per line. Default: all.',
    },
    {
      name: 'allowedHeader',
      variable: 'LD_ALLOWED_HEADER_',
      path: 'allowedHeaders',
      form: headerNames,
      isList: true,
      reload: 'at once',
      description:
        "Request headers that browsers may send in addition to those of LaunchDarkly's SDKs, as a list like `allowedOrigin`.",
    },
    {
      name: 'secureMode',
      variable: 'LD_SECURE_MODE_',
      path: 'secureMode',
      form: forms.boolean,
      reload: 'at once',
      impliedDefault: false,
      description:
        'If true, browsers must send the hash of their context that a server made with an SDK key of the environment.',
    },
    {
      name: 'projKey',
      variable: 'LD_PROJ_KEY_',
      path: 'projKey',
      form: forms.text,
      reload: 'at once',
      description: 'Key of the project, for `/status`.',
    },
    ...FILES,
  ],
  ignored: [{ name: 'filterKey', reason: 'payload filters are not supported' }],
}
