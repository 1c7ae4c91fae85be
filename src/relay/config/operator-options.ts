import { username } from '../../options/header-forms.ts'
import type { Option, OptionSection } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'

const NO_ADMIN_PORT = { option: 'adminPort', otherwise: 'adminPort is not set' }

/** The options of the port and the login of operators. */
export const OPERATORS: readonly Option[] = [
  {
    name: 'adminPort',
    variable: 'HALYARD_RELAY_ADMIN_PORT',
    path: 'admin.port',
    form: forms.port,
    isRequired: true,
    description:
      'Port of its own for operators; 0 selects a free port. The page, `/status` and `/metrics` are then served there only. Default: they are served on the port of SDKs.',
  },
  {
    name: 'adminHost',
    variable: 'HALYARD_RELAY_ADMIN_HOST',
    path: 'admin.host',
    form: forms.host,
    needs: NO_ADMIN_PORT,
    description: 'Address of the port for operators. Default: that of `host`.',
  },
  {
    name: 'adminUser',
    variable: 'HALYARD_RELAY_ADMIN_USER',
    path: 'adminLogin.username',
    form: username,
    impliedDefault: 'admin',
    reload: 'at once',
    description: 'User name that the page, `/status` and `/metrics` require if there is a password.',
  },
  {
    name: 'adminPassword',
    variable: 'HALYARD_RELAY_ADMIN_PASSWORD',
    path: 'adminLogin.password',
    form: forms.secret,
    reload: 'at once',
    description:
      'Password that the page, `/status` and `/metrics` require by basic authentication, on every port. Default: they require none.',
  },
  {
    name: 'adminPasswordFile',
    variable: 'HALYARD_RELAY_ADMIN_PASSWORD_FILE',
    path: 'adminLogin.passwordFile',
    form: forms.file,
    reload: 'at once',
    description:
      'Path of a file with the password, in place of `adminPassword`. It is read at each request, so that a new password takes effect at once.',
  },
]

const NO_PROMETHEUS = { option: 'enabled', otherwise: 'Prometheus is not enabled' }

export const PROMETHEUS: OptionSection = {
  title: 'Prometheus',
  options: [
    {
      name: 'enabled',
      variable: 'USE_PROMETHEUS',
      form: forms.boolean,
      impliedDefault: false,
      description:
        'If true, `/metrics` is served on a port of its own, too, always over HTTP. In an object, `prometheus` enables it.',
    },
    {
      name: 'port',
      variable: 'PROMETHEUS_PORT',
      path: 'prometheus.port',
      form: forms.port,
      default: 8_031,
      needs: NO_PROMETHEUS,
      description: 'That port; 0 selects a free port.',
    },
  ],
  ignored: [
    {
      name: 'prefix',
      variable: 'PROMETHEUS_PREFIX',
      reason: 'the names of metrics begin with halyard_relay_; relabel them in Prometheus',
    },
  ],
}
