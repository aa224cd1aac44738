/** Adds context.timezone. Browsers take long to name it, so it is asked when idle and remembered for a day. */

import { win } from './base/page'
import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('timezone')
let asked: any

const ask = () => save(name, Intl.DateTimeFormat().resolvedOptions().timeZone, 1, true)

enrichers.push((context) => {
  context.timezone = read(name)
  // Not before the first event is on its way.
  if (!context.timezone && !asked) asked = setTimeout(() => (win.requestIdleCallback || setTimeout)(ask), 99)
})
