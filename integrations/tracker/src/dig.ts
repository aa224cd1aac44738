/** Finds a value by its dotted path. */

import { attempt } from './base/page'

export const dig = (value: any, path: string): any =>
  attempt(() => path.split('.').reduce((at, name) => at[name], value))
