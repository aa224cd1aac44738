/** Keeps unsent events through a reload, for the next page to send. */

import { gate } from './base/gate'
import { hex } from './ids'
import { changes, starts } from './base/index'
import { attempt, doc, listen, win } from './base/page'
import { key } from './base/storage'
import { enqueue, queue, setKeep } from './events/transport'

const enum Limit {
  Events = 100,
  /** A page that fails to send writes at least every five minutes; one that stopped has been closed. */
  AbandonedMs = 600e3,
}

const start = key('queue_' + $._writeKey + '_')
/** Every page has a place of its own, so that no two write to one. */
let own = start + hex(4)
let written = false

setKeep((leaving) => {
  if (written) localStorage.removeItem(own)
  written = false
  if (!gate._stores()) return false
  // A full localStorage may still take fewer; the newest go first.
  for (let events = queue.slice(-Limit.Events); events.length && !written; events = events.slice(Math.ceil(events.length / 2)))
    written = !!attempt(() => (localStorage[own] = JSON.stringify([leaving ? 0 : Date.now(), events])))
  // Once the page is left its place is nobody's: whoever comes first sends them, this page too.
  if (!leaving || !written) return written
  queue.length = 0
  own = start + hex(4)
  return !(written = false)
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
starts.push(() => {
  resume()
  listen(win, 'pageshow', resume)
  listen(doc, 'visibilitychange', resume)
})
