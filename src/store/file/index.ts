export { type FileStoreDescription, fileStore } from './file-store.ts'
export type { FileStoreOptions } from './settings.ts'
