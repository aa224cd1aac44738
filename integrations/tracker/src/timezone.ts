/** Adds context.timezone. Browsers take long to name it, so it is asked when idle and remembered for a day. */

import { call, win } from './base/page'
import { key, read, save } from './base/storage'
import { enrichers } from './events/context'

const name = key('timezone')
let asked: any

enrichers.push((context) => {
  // Not before the first event is on its way.
  if (!(context.timezone = read(name)))
    asked =
      asked ||
      setTimeout(
        () =>
          (win.requestIdleCallback || call)(() =>
            save(name, Intl.DateTimeFormat().resolvedOptions().timeZone, 1, true),
          ),
        99,
      )
})
