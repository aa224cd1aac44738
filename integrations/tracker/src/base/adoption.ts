/** The anonymous id that another library has given this visitor. */

import { attempt } from './page'
import { readCookie } from './storage'

/** Segment's id stands raw or quoted; RudderStack's also as base64 of JSON. */
export const adopted = (): string | undefined => {
  for (const name of ['ajs_anonymous_id', 'rl_anonymous_id'])
    for (const found of [readCookie(name), attempt(() => localStorage.getItem(name))]) {
      let id = (found || '').replace(/"/g, '')
      if (id.startsWith('RS_ENC_v3_')) id = attempt(() => atob(id.slice(10)).replace(/"/g, '')) || ''
      if (id && !id.startsWith('RudderEncrypt')) return id
    }
}
