import { build } from 'vitepress'
import { writeTexts } from './llms.ts'
import { writeReference } from './reference.ts'
import { stageDocuments } from './stage.ts'

stageDocuments()
await writeReference()
await build(import.meta.dirname)
writeTexts()
console.log('The site is in site/dist. `npm run docs:preview` serves it; `npm run test:docs` checks it.')
