/** Sends events in batches, one request at a time, again where that can help, and last when the page is left. */

import { emit } from '../base/emitter'
import { dressers, followers } from '../base/index'
import { attempt, doc, listen, win } from '../base/page'

export type Event = Record<string, any>

interface Flight {
  _events: Event[]
  /** The browser goes on with it after the page is gone. */
  _alive: boolean
  /** The page was left meanwhile: whatever its promise says, the request may well have arrived. */
  _left?: boolean
}

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
  if (queue.length > Limit.Waiting) drop('queue_full', queue.splice(0, queue.length - Limit.Waiting))
  schedule(queue.length < $._batchSize ? $._batchWaitMs || 0 : 0)
  followers.forEach((run) => run())
}

/** Timers are never called off: one that finds nothing to send costs nothing. */
const schedule = (wait: number): any => setTimeout(flush, Math.max(wait, due - Date.now()))

const dress = (event: Event) => {
  const context = { ...event.context }
  dressers.forEach((run) => run(context))
  return JSON.stringify({ ...event, context })
}

/** Takes a batch off the queue. */
const take = (limit: number): [Event[], string, number] => {
  const events: Event[] = []
  const texts: string[] = []
  let bytes = 0
  while (queue.length && events.length < $._batchSize) {
    const text = dress(queue[0])
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
  const sent: Flight = (flight = {
    _events: events,
    _alive: bytes < Limit.LeavingBytes && 'keepalive' in Request.prototype,
  })
  const abort = new AbortController()
  setTimeout(() => abort.abort(), Limit.TimeoutMs)
  // A string body is text/plain, and without a header of ours the browser asks no preflight.
  fetch(url, { method: 'POST', body, keepalive: sent._alive, credentials: 'omit', signal: abort.signal }).then(
    (response) => settle(sent, response.status, response),
    () => settle(sent, 0),
  )
}

const settle = (sent: Flight, status: number, response?: Response) => {
  if (flight != sent) return // the page was left, and its events went another way
  flight = undefined
  const events = sent._events
  if (!status || status == 408 || status == 429 || (status > 499 && status != 501)) {
    if (!sent._left) queue.unshift(...events)
    due = Date.now() + pause(response)
    keep()
  } else {
    failures = due = 0
    keep()
    if (status > 299) drop('refused', events, { status })
    else
      response!.json().then(
        ({ errors }) => errors && errors.length && drop('partly_refused', events, { status, errors }),
        () => {},
      )
  }
  if (queue.length) schedule(0)
}

/** The server's wish in seconds or as a date, or twice as long as last time. */
const pause = (response?: Response) => {
  const wish = response && response.headers.get('retry-after')
  const asked = wish ? +wish * 1e3 || new Date(wish).getTime() - Date.now() : 0
  return Math.min(asked > 0 ? asked : 500 * 2 ** failures++ * (0.9 + Math.random() / 5), Limit.PauseMs)
}

/** What waits goes out as beacons; what a beacon does not take is kept, as is what waits for a better server. */
const leave = () => {
  while (queue.length && !((Date.now() < due || !navigator.onLine) && keep(true))) {
    const [events, body] = take(Limit.LeavingBytes)
    if (events.length && !attempt(() => navigator.sendBeacon(url, body))) {
      queue.unshift(...events)
      schedule(0)
      break
    }
  }
  keep(true)
}

const wake = () => {
  failures = due = 0
  schedule(0)
}

listen(win, 'pagehide', () => {
  if (flight && flight._alive) flight._left = true
  else if (flight) {
    queue.unshift(...flight._events)
    flight = undefined
  }
  leave()
})
listen(doc, 'visibilitychange', () => doc.hidden && leave())
listen(win, 'online pageshow', (event) => event.persisted === false || wake())
