import * as forms from './forms.ts'
import type { Options } from './option.ts'

export interface OfflineValues {
  readonly fileDataSource: string
  readonly fileDataSourceMonitoringInterval: number
  readonly envDatastorePrefix: string
  readonly envDatastoreTableName: string
}

export const OFFLINE: Options<OfflineValues> = {
  fileDataSource: { form: forms.text, variable: 'FILE_DATA_SOURCE', path: 'offline.archive' },
  fileDataSourceMonitoringInterval: {
    form: forms.monitoringInterval,
    variable: 'FILE_DATA_SOURCE_MONITORING_INTERVAL',
    path: 'offline.intervalMs',
  },
  envDatastorePrefix: { form: forms.text, variable: 'ENV_DATASTORE_PREFIX', path: 'offline.prefix' },
  envDatastoreTableName: {
    form: forms.tableOfEach,
    variable: 'ENV_DATASTORE_TABLE_NAME',
    path: 'offline.tableName',
  },
}
