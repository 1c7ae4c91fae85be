import { done } from './done.js'

done('nothing')
