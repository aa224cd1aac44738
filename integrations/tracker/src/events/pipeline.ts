/** From a call to the queue: wait for consent, add what is known, pass the site's middleware. */

import { gate } from '../base/gate'
import { changes } from '../base/index'
import { attempt, call } from '../base/page'
import { uuid } from '../ids'
import { enrichers, type Snapshot } from './context'
import { anonymousId, group, user } from './identity'
import { enqueue, moment, type Event } from './transport'

declare const VERSION: string

export const middlewares: ((step: any) => void)[] = []
const held: Event[] = []

/** The page may change its objects later. Throws what JSON can't hold. */
const copy = (event: Event): Event => JSON.parse(JSON.stringify(event))

/** An event with what is true at the time of the call. */
export const send = (fields: Event, page: Snapshot, options: any, callback?: (context: any) => void) => {
  const { context, integrations, timestamp, anonymousId, userId, messageId, ...rest } = options
  const traits = user.traits()
  const given = { ...(Object.keys(traits)[0] && { traits }), groupId: group.id() || undefined, ...rest, ...context }
  const event = call(copy, {
    ...fields,
    userId: userId || fields.userId || user.id(),
    anonymousId,
    messageId: messageId || uuid(),
    timestamp: attempt(() => moment(timestamp)) || moment(),
    integrations: { ...integrations },
    context: { ...given, page: { ...page, ...given.page } },
  })
  if (event) held.push(event)
  release()
  if (callback) setTimeout(() => call(callback, { event }))
}

/** Only now is it settled which anonymous id the visitor has: a stored one may not be read before. */
const release = () => {
  if (gate._releases())
    for (const event of held.splice(0)) {
      event.anonymousId = event.anonymousId || anonymousId()
      const context: any = {
        userAgent: navigator.userAgent,
        locale: navigator.language,
        screen: { width: screen.width, height: screen.height },
        library: { name: 's2sadmin', version: VERSION },
      }
      enrichers.forEach((enrich) => enrich(context))
      event.context = { ...context, ...event.context }
      pass(event, 0)
    }
}
changes.push(release)

/** Through the middleware at `at` and those after it. One that never calls `next` has dropped the event. */
const pass = (event: Event, at: number) => {
  const run = middlewares[at]
  if (!run) return call(() => enqueue(copy(event)))
  let passed = false
  const next = (payload: any) => {
    if (!passed && payload !== null) pass((payload && payload.obj) || event, at + 1)
    passed = true
  }
  // Segment hands over a facade: the event as `obj`, and its fields as functions.
  const payload: any = { obj: event }
  for (const name in event) payload[name] = () => payload.obj[name]
  try {
    run({ payload, integrations: event.integrations, next })
  } catch (mistake) {
    console.error(mistake)
    next(payload)
  }
}
