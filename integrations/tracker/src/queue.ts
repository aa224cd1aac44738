/** Keeps unsent events through a reload, for the next page to send. */

import { on } from './base/emitter'
import { gate } from './base/gate'
import { hex } from './base/ids'
import { starts } from './base/index'
import { attempt, doc, listen, win } from './base/page'
import { key, localKeys } from './base/storage'
import { enqueue, queue, setKeep } from './events/transport'

const LIMIT = 100
/** A page that fails to send writes at least every five minutes; one that stopped has been closed. */
const ABANDONED = 6e5

const start = key('queue_' + $._writeKey + '_')
/** Every page has a place of its own, so that no two write to one. */
const own = start + hex(4)
let written = false

setKeep((leaving) => {
  if (written) localStorage.removeItem(own)
  written = false
  if (!gate._stores()) return false
  // A full localStorage may still take fewer; the newest go first.
  for (let events = queue.slice(-LIMIT); events.length && !written; events = events.slice(Math.ceil(events.length / 2)))
    written = !!attempt(() => {
      localStorage.setItem(own, JSON.stringify([leaving ? 0 : Date.now(), events]))
      return true
    })
  // Once the page is left, whoever comes first sends them; this page too, should it come back.
  if (leaving && written) queue.length = 0
  return written
})

const resume = () => {
  if (gate._stores())
    localKeys(start).forEach((name) => {
      const [at, events] = attempt(() => JSON.parse(localStorage.getItem(name)!)) || [0, []]
      if (at < Date.now() - ABANDONED) {
        localStorage.removeItem(name)
        enqueue(...events)
      }
    })
}

on('consent', resume)
starts.push(() => {
  resume()
  listen(win, 'pageshow', resume)
  listen(doc, 'visibilitychange', () => {
    if (doc.visibilityState != 'hidden') resume()
  })
})
