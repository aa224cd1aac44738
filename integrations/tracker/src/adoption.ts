/** The anonymous id that another library has given this visitor. */

import { attempt } from './base/page'
import { readCookie } from './base/storage'

/** Segment's id stands raw or quoted; RudderStack's also as base64 of quoted text. */
export const adopted = (): string | undefined => {
  for (const name of ['ajs_anonymous_id', 'rl_anonymous_id'])
    for (const look of [readCookie, (name: string) => localStorage[name]]) {
      const id = attempt(() =>
        look(name)
          .replace(/"?RS_ENC_v3_([^"]*)/, (_: string, code: string) => atob(code))
          .replace(/"/g, ''),
      )
      if (id && !id.startsWith('RudderE')) return id // an older form that only RudderStack can read
    }
}
