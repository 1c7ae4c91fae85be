import { build } from 'vitepress'
import { writeTexts } from './llms.ts'
import { writeReference } from './reference.ts'
import { stageDocuments } from './stage.ts'

stageDocuments()
await writeReference()
await build(import.meta.dirname)
writeTexts()
