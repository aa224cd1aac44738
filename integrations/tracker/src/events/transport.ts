/** Sends events in batches, one request at a time, again where that can help, and last when the page is left. */

import { emit } from '../base/emitter'
import { dressers, followers } from '../base/index'
import { attempt, call, doc, win } from '../base/page'
import { listen } from '../listen'

export type Event = Record<string, any>

/** Events that are being sent, and until when they can be counted on to arrive when the page is left meanwhile. */
type Flight = [events: Event[], safeUntil: number]

const enum Limit {
  EventBytes = 32768,
  /** What browsers carry on with after a page: all of its requests share 64 KB. So any request may outlive it. */
  BatchBytes = 60e3,
  Waiting = 1000,
  PauseMs = 300e3,
  TimeoutMs = 30e3,
  SafeMs = 1000,
}

export const moment = (at?: any) => new Date(at || Date.now()).toISOString()

export const queue: Event[] = []
let flight: Flight | undefined
let failures = 0
/** Not before this moment. */
let due = 0

/** Puts waiting events where they survive the page, and gets them back. Module `queue`. */
let keep = () => {}
let resume: () => unknown = keep
export const setStore = (keeps: typeof keep, resumes: typeof resume) => {
  keep = keeps
  resume = resumes
}

const drop = (code: string, events: Event[], more?: object) => emit('error', { code, events, ...more })

export const enqueue = (event: Event) => {
  queue.push(event)
  if (queue.length > Limit.Waiting) drop('queue_full', [queue.shift()!])
  schedule((queue.length < $._batchSize && $._batchWaitMs) || 0)
  followers.forEach(call)
}

/** Older events than all that wait now. */
export const requeue = (events: Event[]) => {
  queue.unshift(...events)
  schedule(0)
}

/** Timers are never called off: one that finds nothing to send costs nothing. */
const schedule = (wait: number): any => setTimeout(flush, Math.max(wait, due - Date.now()))

/** Takes a batch off the queue. */
const take = (): [Event[], string] => {
  const events: Event[] = []
  const texts: string[] = []
  let bytes = 0
  while (queue.length && events.length < $._batchSize) {
    const context = { ...queue[0].context }
    dressers.forEach((run) => run(context))
    const text = JSON.stringify({ ...queue[0], context })
    const size = new Blob([text]).size
    if (size > Limit.EventBytes) drop('event_too_large', [queue.shift()!])
    else {
      if ((bytes += size) > Limit.BatchBytes) break
      events.push(queue.shift()!)
      texts.push(text)
    }
  }
  return [events, `{"writeKey":"${$._writeKey}","batch":[${texts}],"sentAt":"${moment()}"}`]
}

const url = $._ingestionUrl + '/v1/b'

const flush = async (): Promise<any> => {
  if (flight) return
  if (Date.now() < due) return schedule(0) // timers come a little early
  if (failures) resume()
  const [events, body] = take()
  if (!events.length) return

  const mine: Flight = (flight = [events, !failures && navigator.onLine ? Date.now() + Limit.SafeMs : 0])
  const abort = new AbortController()
  let response: any = 0
  setTimeout(() => abort.abort(), Limit.TimeoutMs)
  try {
    // A string body is text/plain, and without a header of ours the browser asks no preflight.
    response = await fetch(url, { method: 'POST', body, keepalive: true, credentials: 'omit', signal: abort.signal })
  } catch (offline) {}
  if (flight != mine) return // the page was left, and the events went another way
  flight = undefined

  const { status } = response
  if (!status || status == 408 || status == 429 || (status > 499 && status != 501)) {
    // The server's wish in seconds or as a date, or about twice as long as last time.
    const wish = response && response.headers.get('retry-after')
    const asked = wish * 1e3 || +new Date(wish) - Date.now()
    const pause = Math.min(asked > 0 ? asked : 500 * 2 ** failures, Limit.PauseMs)
    due = Date.now() + pause * (1 + Math.random() / 5)
    failures++
    requeue(events)
    keep()
  } else {
    failures = due = 0
    schedule(0)
    if (status > 299) drop('refused', events, { status })
    else
      response
        .json()
        .then(({ errors }: any) => errors && errors[0] && drop('partly_refused', events, { status, errors }))
        .catch(() => {})
  }
}

/**
 * What waits goes out as beacons. What a beacon does not take is kept, and so is what waits for a better server
 * or connection; where nothing is kept, a last beacon is better than none.
 */
const leave = (isLast?: boolean) => {
  if (Date.now() < due || !navigator.onLine) {
    keep()
    if (!isLast) return
  }
  while (queue.length) {
    const [events, body] = take()
    if (events.length && !attempt(() => navigator.sendBeacon(url, body))) {
      requeue(events)
      break
    }
  }
  keep()
}

listen(win, 'pagehide', () => {
  leave(true)
  // A young request that outlives the page is as good as there, or every click on a link would be sent twice.
  // One that takes long, or goes to a collector that has just failed, is sent again under the same message ids:
  // by the next page, for a beacon would only go the same way.
  if (flight && Date.now() > flight[1]) {
    queue.push(...flight[0])
    keep()
    leave(true)
  }
  flight = [[], 0] // from here on what is kept is the next page's, unless this one comes back
})
listen(doc, 'visibilitychange', () => doc.hidden && leave())
listen(win, 'online pageshow', ({ persisted }) => {
  if (persisted === false) return
  if (persisted) flight = undefined
  due = 0
  if (failures) failures = 1 // what is kept is fetched again
  schedule(0)
})
