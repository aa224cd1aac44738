/** From a call to the queue: wait for consent, add what is known, pass the site's middleware. */

import { on } from '../base/emitter'
import { gate } from '../base/gate'
import { uuid } from '../base/ids'
import { attempt, call } from '../base/page'
import type { Arguments } from './arguments'
import { browserContext, type Snapshot } from './context'
import { anonymousId, group, user } from './identity'
import { enqueue, type Event } from './transport'

export const middlewares: ((step: any) => void)[] = []
const held: Event[] = []

/** An event with what is true at the time of the call. */
export const send = (fields: Event, page: Snapshot, { _options, _callback }: Arguments) => {
  const { context, integrations, timestamp, anonymousId, userId, messageId, ...rest } = _options
  const event = {
    ...fields,
    messageId: messageId || uuid(),
    timestamp: attempt(() => new Date(timestamp || Date.now()).toISOString()) || new Date().toISOString(),
    anonymousId,
    userId: userId || fields.userId || user.id() || undefined,
    integrations: { ...integrations },
    context: { ...rest, ...context, page: { ...page, ...(context && context.page) } },
  }
  // A copy: the page may change its objects after the call. What JSON can't hold is told, not thrown.
  const copy = call(() => JSON.parse(JSON.stringify(event)))
  if (copy) {
    held.push(copy)
    release()
  }
  if (_callback) setTimeout(() => call(_callback, { event: copy }))
}

const release = () => {
  if (gate._releases()) held.splice(0).forEach((event) => pass(event, 0))
}
on('release', release)

const known = (event: Event) => {
  const traits = user.traits()
  const inherited = event.type != 'identify' && Object.keys(traits).length ? { traits } : {}
  event.anonymousId = event.anonymousId || anonymousId()
  if (event.type == 'alias') event.previousId = event.previousId || event.anonymousId
  event.context = { ...browserContext(), ...inherited, groupId: group.id() || undefined, ...event.context }
}

/** Through the middleware at `at` and those after it. One that never calls `next` has dropped the event. */
const pass = (event: Event, at: number) => {
  if (!at) known(event)
  const run = middlewares[at]
  if (!run) return enqueue(event)
  let passed = false
  const next = (payload: any) => {
    if (passed) return
    passed = true
    if (payload !== null) pass((payload && payload.obj) || event, at + 1)
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
