/** Sends events in batches, one request at a time, again where that can help, and last when the page is left. */

import { emit } from '../base/emitter'
import { dressers, followers } from '../base/index'
import { attempt, doc, win } from '../base/page'
import { listen } from '../listen'

export type Event = Record<string, any>

/** Events that are being sent, and whether the browser goes on with it after the page is gone. */
type Flight = [events: Event[], outlives: boolean]

const enum Limit {
  EventBytes = 32768,
  BatchBytes = 450e3,
  /** What browsers carry on with after a page; all of a page's requests share 64 KB. */
  LeavingBytes = 60e3,
  Waiting = 1000,
  PauseMs = 300e3,
  TimeoutMs = 30e3,
}

export const moment = (at?: any) => new Date(at || Date.now()).toISOString()

export const queue: Event[] = []
let flight: Flight | undefined
let failures = 0
/** Not before this moment. */
let due = 0

/** Keeps waiting events through a reload; answers whether it did. Module `queue`. */
let keep = (_leaving?: boolean): any => {}
export const setKeep = (by: typeof keep) => {
  keep = by
}

const drop = (code: string, events: Event[], more?: object) => emit('error', { code, events, ...more })

export const enqueue = (...events: Event[]) => {
  queue.push(...events)
  if (queue.length > Limit.Waiting) drop('queue_full', [queue.shift()!])
  schedule((queue.length < $._batchSize && $._batchWaitMs) || 0)
  followers.forEach((run) => run())
}

/** Timers are never called off: one that finds nothing to send costs nothing. */
const schedule = (wait: number): any => setTimeout(flush, Math.max(wait, due - Date.now()))

/** Takes a batch off the queue. */
const take = (limit: number): [Event[], string, number] => {
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
      if (bytes + size > limit) break
      bytes += size
      events.push(queue.shift()!)
      texts.push(text)
    }
  }
  return [events, `{"writeKey":"${$._writeKey}","batch":[${texts}],"sentAt":"${moment()}"}`, bytes]
}

const url = $._ingestionUrl + '/v1/b'

const flush = (): any => {
  if (flight || !queue.length) return
  if (Date.now() < due) return schedule(0) // timers come a little early
  const [events, body, bytes] = take(Limit.BatchBytes)
  if (!events.length) return
  const keepalive = bytes < Limit.LeavingBytes
  const mine: Flight = (flight = [events, keepalive])

  const settle = (status: number, response?: Response) => {
    if (flight != mine) return // the page was left, and the events went another way
    flight = undefined
    if (!status || status == 408 || status == 429 || (status > 499 && status != 501)) {
      queue.unshift(...events)
      // The server's wish in seconds or as a date, or about twice as long as last time.
      const wish: any = response && response.headers.get('retry-after')
      const asked = wish * 1e3 || +new Date(wish) - Date.now()
      due = Date.now() + Math.min(asked > 0 ? asked : 500 * 2 ** failures++ * (0.9 + Math.random() / 5), Limit.PauseMs)
    } else {
      failures = due = 0
      if (status > 299) drop('refused', events, { status })
      else
        response!.json().then(
          ({ errors }) => errors && errors[0] && drop('partly_refused', events, { status, errors }),
          () => {},
        )
    }
    keep()
    if (queue.length) schedule(0)
  }

  const abort = new AbortController()
  setTimeout(() => abort.abort(), Limit.TimeoutMs)
  // A string body is text/plain, and without a header of ours the browser asks no preflight.
  fetch(url, { method: 'POST', body, keepalive, credentials: 'omit', signal: abort.signal }).then(
    (response) => settle(response.status, response),
    () => settle(0),
  )
}

/**
 * What waits goes out as beacons. What a beacon does not take is kept, and so is what waits for a better server
 * or connection; where nothing is kept, a last beacon is better than none.
 */
const leave = (isLast?: boolean) => {
  while (queue.length) {
    if ((Date.now() < due || !navigator.onLine) && (keep(true) || !isLast)) return
    const [events, body] = take(Limit.LeavingBytes)
    if (events.length && !attempt(() => navigator.sendBeacon(url, body))) {
      queue.unshift(...events)
      schedule(0)
      break
    }
  }
  keep(true)
}

listen(win, 'pagehide', () => {
  // A request that outlives the page is as good as there, whatever its promise says later.
  if (flight && !flight[1]) queue.unshift(...flight[0])
  flight = undefined
  leave(true)
})
listen(doc, 'visibilitychange', () => doc.hidden && leave())
listen(win, 'online pageshow', (event) => {
  if (event.persisted === false) return
  failures = due = 0
  schedule(0)
})
