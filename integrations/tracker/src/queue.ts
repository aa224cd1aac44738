/** Keeps unsent events through a reload, for the next page to send. */

import { gate } from './base/gate'
import { changes, starts } from './base/index'
import { attempt, doc, win } from './base/page'
import { key } from './base/storage'
import { queue, requeue, setStore } from './events/transport'
import { hex } from './ids'
import { listen } from './listen'

const start = key('queue_' + $._writeKey + '_')

/**
 * Events that could not be sent belong to all pages of the visitor: whoever tries next takes them. Every
 * lot has a key of its own, so that no two pages write to one.
 */
const keep = () => {
  // The newest hundred; a full localStorage may still take fewer. What it does not take stays in memory.
  if (gate._stores())
    [100, 20, 4].some(
      (most) =>
        queue.length &&
        attempt(() => (localStorage[start + hex(4)] = JSON.stringify(queue.slice(-most)))) &&
        queue.splice(-most),
    )
}

const resume = () =>
  attempt(() => {
    for (const name of gate._stores() ? Object.keys(localStorage) : [])
      if (name.startsWith(start)) {
        const events = attempt(() => JSON.parse(localStorage[name])) || []
        localStorage.removeItem(name)
        requeue(events)
      }
  })

setStore(keep, resume)
changes.push(resume)
starts.push(resume)
listen(win, 'pageshow', resume)
listen(doc, 'visibilitychange', () => doc.hidden || resume())
