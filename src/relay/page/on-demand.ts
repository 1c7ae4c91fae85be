/** The modules of the page. They are loaded for the first request and are one file of the package. */
export { flagEndpoints } from '../flags/flag-endpoints.ts'
export { PAGE } from './page.ts'
