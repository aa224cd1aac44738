/** Sends events in batches, one request at a time, again where that can help, and last when the page is left. */

import { emit } from '../base/emitter'
import { gate } from '../base/gate'
import { dressers, followers, starts } from '../base/index'
import { attempt, doc, listen, win } from '../base/page'

export type Event = Record<string, any>

interface Flight {
  _events: Event[]
  /** The browser goes on with it after the page is gone. */
  _alive: boolean
  /** The page was left meanwhile: whatever its promise says, the request may well have arrived. */
  _left?: boolean
}

const EVENT_BYTES = 32768
const BATCH_BYTES = 450e3
/** What browsers carry on with after a page; all of a page's requests share 64 KB. */
const LEAVING_BYTES = 60e3
const WAITING = 1000
const LONGEST_PAUSE = 3e5
const TIMEOUT = 3e4

export const queue: Event[] = []
let flight: Flight | undefined
let timer: any
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
  if (queue.length > WAITING) drop('queue_full', queue.splice(0, queue.length - WAITING))
  schedule(queue.length < $._batchSize ? $._batchWaitMs || 0 : 0)
  followers.forEach((run) => run())
}

const schedule = (wait: number) => {
  clearTimeout(timer)
  timer = setTimeout(flush, Math.max(wait, due - Date.now()))
}

const dress = (event: Event) => {
  const context = { ...event.context, consent: gate._stamp() || event.context.consent }
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
    if (size > EVENT_BYTES) drop('event_too_large', [queue.shift()!])
    else {
      if (bytes + size > limit) break
      bytes += size
      events.push(queue.shift()!)
      texts.push(text)
    }
  }
  const sentAt = new Date().toISOString()
  return [events, `{"writeKey":"${$._writeKey}","batch":[${texts}],"sentAt":"${sentAt}"}`, bytes]
}

const url = $._ingestionUrl + '/v1/b'

const flush = () => {
  timer = 0
  if (flight || Date.now() < due || !queue.length) return
  const [events, body, bytes] = take(BATCH_BYTES)
  if (!events.length) return
  const sent: Flight = (flight = {
    _events: events,
    _alive: bytes < LEAVING_BYTES && 'keepalive' in Request.prototype,
  })
  const abort = new AbortController()
  const timeout = setTimeout(() => abort.abort(), TIMEOUT)
  // A string body is text/plain, and without a header of ours the browser asks no preflight.
  fetch(url, { method: 'POST', body, keepalive: sent._alive, credentials: 'omit', signal: abort.signal })
    .then(
      (response) => settle(sent, response.status, response),
      () => settle(sent, 0),
    )
    .then(() => clearTimeout(timeout))
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
  return Math.min(asked > 0 ? asked : 500 * 2 ** failures++ * (0.9 + Math.random() / 5), LONGEST_PAUSE)
}

/** What waits goes out as beacons; what a beacon does not take is kept, as is what waits for a better server. */
const leave = () => {
  while (queue.length && !((Date.now() < due || !navigator.onLine) && keep(true))) {
    const [events, body] = take(LEAVING_BYTES)
    if (events.length && !attempt(() => navigator.sendBeacon(url, body))) {
      queue.unshift(...events)
      break
    }
  }
  keep(true)
}

const wake = () => {
  failures = due = 0
  schedule(0)
}

starts.push(() => {
  listen(win, 'pagehide', () => {
    if (flight && flight._alive) flight._left = true
    else if (flight) {
      queue.unshift(...flight._events)
      flight = undefined
    }
    leave()
  })
  listen(doc, 'visibilitychange', () => {
    if (doc.visibilityState == 'hidden') leave()
    else schedule(0)
  })
  listen(win, 'online pageshow', (event) => event.persisted === false || wake())
})
