/** Identity syncs that take a cookie that the site or a vendor has set. */

import { readCookie } from './base/storage'
import { readers } from './sync'

readers.cookie = ({ _name, _skipParts }) =>
  readCookie(_name!)!
    .split('.')
    .slice(_skipParts || 0)
    .join('.')
