/** Adds context.timezone: at once where the browser has it at hand, else asked after the first event and kept a day. */

import { attempt, win } from './base/page'
import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('timezone')
let asked: any

enrichers.push((context) => {
  // Intl's first answer takes up to a tenth of a second, so it is not asked before the first event is on its way.
  if (!(context.timezone = attempt(() => win.Temporal.Now.timeZoneId()) || read(name)))
    asked = asked || setTimeout(() => save(name, Intl.DateTimeFormat().resolvedOptions().timeZone, 1, true), 1e3)
})
