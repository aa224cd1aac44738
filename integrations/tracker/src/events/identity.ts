/** Who the visitor is: anonymous id, user, group, and what is known of them. */

import { adopted } from '../adoption'
import { setVisitor, withdrawals } from '../base/index'
import { emit } from '../base/emitter'
import { gate } from '../base/gate'
import { uuid } from '../ids'
import { attempt } from '../base/page'
import { key, read, save } from '../base/storage'
import { forget } from '../forget'

const ANONYMOUS = key('anonymous_id')
const days = $._cookies._lifetimeDays

/** An id for as long as none may be stored; a stored one wins over it later. */
let unstored: string | undefined
withdrawals.push(() => {
  unstored = undefined
})

export const setAnonymousId = (id: any) => save(ANONYMOUS, '' + id, days)

export const anonymousId = (): string => {
  const stored = read(ANONYMOUS)
  if (stored) return stored
  const stores = gate._stores()
  const id = (unstored = (stores && adopted()) || unstored || uuid())
  if (stores) setAnonymousId(id)
  return id
}

/** An id and the traits that belong to it: a user or a group. */
const makeEntity = (kind: string, owner: () => string) => {
  const name = key(kind + '_id')
  const traitsName = key(kind + '_traits')
  const id = () => read(name) || null
  // Traits stay on one origin while the id's cookie spans subdomains, so they name whom they are of.
  const traits = (): any => {
    const [of, known] = attempt(() => JSON.parse(read(traitsName)!)) || []
    return of == (id() || owner()) ? known : {}
  }
  return {
    id,
    traits,
    _set(to: string | undefined, more: object) {
      const before = id()
      const known = to && before && to != before ? {} : traits()
      if (to) save(name, to, days)
      save(traitsName, JSON.stringify([id() || owner(), { ...known, ...more }]), days, true)
    },
  }
}

export const user = makeEntity('user', anonymousId)
export const group = makeEntity('group', () => '')

setVisitor({ _anonymousId: anonymousId, _userId: user.id, _traits: user.traits })

/** A new visitor on the same device. Written at once, so that nothing older is adopted again. */
export const renew = () => {
  forget(ANONYMOUS)
  unstored = uuid()
  if (gate._stores()) setAnonymousId(unstored)
}

export const reset = () => {
  for (const name of ['user_id', 'user_traits', 'group_id', 'group_traits']) forget(key(name))
  renew()
  emit('reset')
}
