import type { Option } from '../../options/option-table.ts'
import * as forms from '../../options/value-forms.ts'

/** The options of an environment whose flags come from files, and of flags that replace some of those of the service. */
export const FILES: readonly Option[] = [
  {
    name: 'file',
    variable: 'HALYARD_FILE_',
    path: 'files',
    form: forms.paths,
    isList: true,
    description:
      'Flag files (JSON or YAML) from which the flags come in place of LaunchDarkly; a folder stands for the flag files in it. Of several, the later ones win. They are read again when they change.',
  },
  {
    name: 'fileInterval',
    variable: 'HALYARD_FILE_INTERVAL_',
    path: 'fileIntervalMs',
    form: forms.watchInterval,
    impliedDefault: 1_000,
    description:
      'Time between two checks of the files. A change is applied when two checks agree, so that files that are being written are not read. At least 100 ms.',
  },
]
