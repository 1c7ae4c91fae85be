/** What only the page needs. It is loaded for the first request, and the package has it in one file. */
export { flagEndpoints } from '../flags/flag-endpoints.ts'
export { PAGE } from './page.ts'
