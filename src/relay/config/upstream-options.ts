import type { Option, OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'

export const UPSTREAM: readonly Option[] = [
  {
    name: 'initTimeout',
    variable: 'INIT_TIMEOUT',
    path: 'initTimeoutMs',
    form: forms.positiveDuration,
    default: 10_000,
    reload: 'at once',
    description:
      'Time a start waits for LaunchDarkly. After it the relay serves what its database holds; without any data it exits.',
  },
  {
    name: 'ignoreConnectionErrors',
    variable: 'IGNORE_CONNECTION_ERRORS',
    path: 'ignoreConnectionErrors',
    form: forms.boolean,
    default: false,
    description: 'If true, a relay without any data keeps trying after `initTimeout` instead of exiting.',
  },
  {
    name: 'exitOnError',
    variable: 'EXIT_ON_ERROR',
    path: 'exitOnError',
    form: forms.boolean,
    impliedDefault: false,
    description:
      'If true, `halyard relay` exits with 1 if a single environment has no data after `initTimeout`; with `ignoreConnectionErrors` only if its key is refused.',
  },
  {
    name: 'exitAlways',
    variable: 'EXIT_ALWAYS',
    path: 'exitAlways',
    form: forms.boolean,
    impliedDefault: false,
    description:
      'If true, `halyard relay` opens no port, fills the database once, and exits: with 0 when the database has confirmed everything, otherwise with 1.',
  },
  {
    name: 'snapshotDirectory',
    variable: 'HALYARD_SNAPSHOT_DIRECTORY',
    path: 'snapshotDirectory',
    form: forms.folder,
    reload: 'environments start again',
    description:
      'Existing folder for a snapshot file per environment, if no database is configured. A restart then costs a delta. Default: no snapshots.',
  },
  {
    name: 'disconnectedStatusTime',
    variable: 'DISCONNECTED_STATUS_TIME',
    path: 'disconnectedStatusMs',
    form: forms.duration,
    default: 60_000,
    reload: 'at once',
    description: 'Time for which a source may be interrupted before `/status` calls it disconnected.',
  },
  {
    name: 'dataSavingMode',
    variable: 'HALYARD_DATA_SAVING_MODE',
    path: 'dataSavingMode',
    form: forms.boolean,
    reload: 'environments start again',
    description:
      'Protocol of requests to LaunchDarkly: `on` for FDv2, `off` for FDv1, for services that do not support FDv2. Default: FDv2.',
  },
  {
    name: 'baseUri',
    variable: 'BASE_URI',
    path: 'endpoints.polling',
    form: forms.httpUrl,
    reload: 'environments start again',
    description: "Base URL of polling requests. Default: LaunchDarkly's.",
  },
  {
    name: 'streamUri',
    variable: 'STREAM_URI',
    path: 'endpoints.streaming',
    form: forms.httpUrl,
    reload: 'environments start again',
    description: "Base URL of streams. Default: LaunchDarkly's.",
  },
  {
    name: 'clientSideBaseUri',
    variable: 'CLIENT_SIDE_BASE_URI',
    path: 'clientSideUrl',
    form: forms.httpUrl,
    reload: 'environments start again',
    description:
      "Base URL of the goals of browsers. Default: `baseUri` if it is set, otherwise LaunchDarkly's.",
  },
]

const NTLM =
  'NTLM is not supported; use basic authentication (user and password), or a local proxy that adds NTLM'

const NO_PROXY = { option: 'url', otherwise: 'no proxy URL is configured' }

export const PROXY: OptionSection = {
  title: 'Proxy',
  options: [
    {
      name: 'url',
      variable: 'PROXY_URL',
      path: 'proxy.url',
      form: forms.proxyUrl,
      isRequired: true,
      reload: 'environments start again',
      description: 'URL of the HTTP or HTTPS proxy to LaunchDarkly. Default: that of `HTTPS_PROXY`.',
    },
    {
      name: 'user',
      variable: 'PROXY_AUTH_USER',
      path: 'proxy.username',
      form: forms.text,
      reload: 'environments start again',
      needs: NO_PROXY,
      description: 'User name for the proxy, in place of the one in the URL.',
    },
    {
      name: 'password',
      variable: 'PROXY_AUTH_PASSWORD',
      path: 'proxy.password',
      form: forms.text,
      reload: 'environments start again',
      needs: NO_PROXY,
      description: 'Password for the proxy, in place of the one in the URL.',
    },
    {
      name: 'caCertFiles',
      variable: 'PROXY_CA_CERTS',
      path: 'caFiles',
      form: forms.files,
      default: [],
      isList: true,
      reload: 'environments start again',
      description:
        'Paths of PEM files with certificate authorities to trust in addition to those of Node.js. In a variable they are separated by commas, in a file there is one per line.',
    },
  ],
  ignored: [
    { name: 'domain', variable: 'PROXY_AUTH_DOMAIN', reason: NTLM },
    { name: 'ntlmAuth', variable: 'PROXY_AUTH_NTLM', reason: NTLM },
  ],
}
