/** Keeps unsent events through a reload, for the next page to send. */

import { gate } from './base/gate'
import { hex } from './ids'
import { changes, starts } from './base/index'
import { attempt, doc, win } from './base/page'
import { key } from './base/storage'
import { enqueue, queue, setKeep } from './events/transport'
import { listen } from './listen'

const enum Limit {
  /** A page that fails to send writes at least every five minutes; one that stopped has been closed. */
  AbandonedMs = 600e3,
}

const start = key('queue_' + $._writeKey + '_')
/** Every page has a place of its own, so that no two write to one. */
let own = start + hex(4)
let written: any

setKeep((leaving) => {
  if (written) localStorage.removeItem(own)
  // The newest hundred; a full localStorage may still take fewer.
  written =
    queue.length &&
    gate._stores() &&
    [100, 20, 4].some((most) =>
      attempt(() => (localStorage[own] = JSON.stringify([leaving ? 0 : Date.now(), queue.slice(-most)]))),
    )
  if (!leaving || !written) return written
  // Once the page is left its place is nobody's: whoever comes first sends them, this page too.
  queue.length = 0
  own = start + hex(4)
  return !(written = 0)
})

const resume = () =>
  attempt(() => {
    for (const name of gate._stores() && !doc.hidden ? Object.keys(localStorage) : []) {
      if (!name.startsWith(start)) continue
      const [at, events] = attempt(() => JSON.parse(localStorage[name])) || [0, []]
      if (at < Date.now() - Limit.AbandonedMs) {
        localStorage.removeItem(name)
        enqueue(...events)
      }
    }
  })

changes.push(resume)
starts.push(resume)
listen(win, 'pageshow', resume)
listen(doc, 'visibilitychange', resume)
