import { flagUrls, paths } from '../../options/file-forms.ts'
import { headerSecret } from '../../options/header-forms.ts'
import type { Option } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'

const NEEDS_URL = { option: 'url', otherwise: 'no url is set' }

/** The options of an environment whose flags come from files, and of flags that replace some of those of the environment. */
export const FILES: readonly Option[] = [
  {
    name: 'file',
    variable: 'HALYARD_FILE_',
    path: 'files',
    form: paths,
    isList: true,
    description:
      'Flag files (JSON or YAML) from which the flags come in place of LaunchDarkly; a folder stands for the flag files in it. Of several, the later ones win. They are read again when they change. In a variable they are separated by commas, in a file there is one per line.',
  },
  {
    name: 'url',
    variable: 'HALYARD_URL_',
    path: 'urls',
    form: flagUrls,
    isList: true,
    description:
      'URLs of flag files, like `file`; the flags of `file` win over them. Requests use `If-None-Match`, the proxy and the certificate authorities of `[Proxy]`, and follow redirects within the same origin. The query of a URL is never logged. While a URL cannot be read, its last good content is served.',
  },
  {
    name: 'urlInterval',
    variable: 'HALYARD_POLL_INTERVAL_',
    path: 'urlIntervalMs',
    form: forms.secondsInterval,
    impliedDefault: 30_000,
    needs: NEEDS_URL,
    description: 'Time between two requests for a URL, at least 1 s. Up to a tenth is added at random.',
  },
  {
    name: 'urlAuthorization',
    variable: 'HALYARD_AUTHORIZATION_',
    path: 'urlAuthorization',
    form: headerSecret,
    needs: NEEDS_URL,
    description:
      'Header `Authorization` of the requests for all URLs of the environment, for example `Bearer TOKEN`.',
  },
  {
    name: 'overrideFile',
    variable: 'HALYARD_OVERRIDE_FILE_',
    path: 'overrideFiles',
    form: paths,
    isList: true,
    description:
      'Flag files or folders whose flags and segments replace those of the environment, whether these come from LaunchDarkly, `file` or `url`, for every client of the relay. A database receives the data without them. They are read again when they change; an invalid file leaves the last good overrides in force.',
  },
  {
    name: 'fileInterval',
    variable: 'HALYARD_WATCH_INTERVAL_',
    path: 'fileIntervalMs',
    form: forms.watchInterval,
    impliedDefault: 1_000,
    description:
      'Time between two checks of the files. A change is applied when two checks agree, so that files that are being written are not read. At least 100 ms.',
  },
]
